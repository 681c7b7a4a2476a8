"""The commands that link and unlink an organisation, and the end of one, which is unlinked everywhere."""

from datetime import timedelta
from typing import Final

from services.stations.network.domain import Station, require_seated
from services.stations.organisations.domain import Organisation, OrganisationGone, gone_key
from services.stations.participants.domain import (
    Participant,
    ended,
    find_next_step,
    linked,
    list_exclusive,
    unlinked,
    works_in,
)
from services.stations.participants.storage import LinkedTo
from shared.contracts.stations.participants import (
    LinkOrganisation,
    ParticipantLinked,
    ParticipantShape,
    ParticipantUnlinked,
    UnlinkOrganisation,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain
from shared.engine.reminders import AT_ONCE

AGAIN_AFTER: Final = timedelta(minutes=10)
"""From the end of the first pass to the second: longer than any command is under way."""
PARTICIPANTS: Final = Plain(Participant, "participant", ParticipantShape, find_next_step, list_exclusive)


def link_organisation(message: Incoming[LinkOrganisation], vault: Namer) -> Handling:
    """Link an organisation to a station that is planned, in a pilot or open.

    Raises the errors of `linked`, and Refused: "not_found" for an unknown station or organisation, "wrong_state" for a
    station that has ended, "conflict" where the organisation has this role there already.
    """
    asked, actor = message.data, message.actor
    yield [
        Get(Station, asked.station_id, actor.area),
        Get(Organisation, asked.organisation_id),
        *name_load(vault, actor.principal, "participant", asked.external_id),
    ]
    work = yield TURN
    station = work.reach(Station, asked.station_id, "station_id")
    require_seated(station, "station_id")
    known = work.get(Organisation, asked.organisation_id)
    # Who has the station may name an organisation of another area that works here.
    here = station.area if known is not None and works_in(known, station.area) else getattr(known, "area", "")
    organisation = work.reach_found(known, here, "organisation", asked.organisation_id, "organisation_id")
    after = linked(asked, station, organisation, work.new_id("participant"), work.now)
    yield PARTICIPANTS.load_claims(after)
    keep_name(work, vault, "participant", after.id, asked.external_id)
    return PARTICIPANTS.store(work, None, after, ParticipantLinked)


def unlink_gone(message: Incoming[OrganisationGone]) -> Handling:
    """Unlink an organisation that has ended from the next stations; the timer goes on until it is linked to none.

    A second pass finds the links that a command under way has made meanwhile.
    """
    organisation_id, again = message.data.id, message.data.again
    search = LinkedTo("organisation_id", organisation_id)
    yield [search, Get(Organisation, organisation_id)]
    work = yield TURN
    if work.require(Organisation, organisation_id, "id").state != "ended":
        return
    found = work.find(search)
    yield PARTICIPANTS.load_claims(*found)
    for before in found:
        PARTICIPANTS.store(work, before, ended(before, "organisation_ended", work.now), ParticipantUnlinked)
    if len(found) == LinkedTo.limit:
        work.remind(gone_key(organisation_id), work.now + AT_ONCE, OrganisationGone(id=organisation_id, again=again))
    elif not again:
        work.remind(gone_key(organisation_id), work.now + AGAIN_AFTER, OrganisationGone(id=organisation_id, again=True))


HANDLERS: Final[HandlerTable] = {
    LinkOrganisation: link_organisation,
    UnlinkOrganisation: PARTICIPANTS.change(unlinked, ParticipantUnlinked),
    OrganisationGone: unlink_gone,
}
