"""The end of the care for a resident; and the law of a death, for everybody who had the resident by their side.

A death ends guardianship (Civil Code (民法典), art. 39), of the resident and of those whose guardian the resident was.
It ends the consents of the resident, whose civil rights end (art. 13), and care given and taken. Emergency contacts of
the resident stay: close relatives may ask for the data (Personal Information Protection Law, art. 49).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final

from services.stations.households.closed_stations import look_again
from services.stations.households.relating import RELATIONS, beside_loads, lose, settle, today
from services.stations.households.relations import Relation, ended
from services.stations.households.storage import RelationsTo, StandingRelations, Unreplaced
from services.stations.network.domain import Station
from services.stations.residents.care import follow_end
from services.stations.residents.consent import ConsentsOf, end_consents_of_dead
from services.stations.residents.domain import Resident, is_dead
from services.stations.residents.domain import ended as care_ended
from services.stations.residents.handlers import guard_record, person_loads, reach_resident, store_change
from services.stations.residents.policy import ResidentsPolicy
from shared.contracts.stations.relations import RelationEnded
from shared.contracts.stations.residents import EndResident, ResidentEnded
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.reminders import AT_ONCE, Due
from shared.people.identities import identity_of

ENDED_BY_DEATH: Final = ("guardian", "carer")
"""The kinds of the dead resident's own relations that end."""


class ResidentDied(Due):
    """More relations of others end, in which a dead resident was the other person."""

    type: ClassVar[str] = "stations.resident_died"


def end_resident(message: Incoming[EndResident], residents_policy: ResidentsPolicy) -> Handling:
    """End the care for a resident, and after a death all that ends with it. Answers ResidentShape.

    Raises Refused as `reach_resident` and `ended` do.
    """
    asked = message.data

    def load() -> Loading:
        work = yield person_loads(asked.id, message.actor.area)
        if (known := work.get(Resident, asked.id)) is None:
            return
        ids = identity_of(work, asked.id).ids
        yield [Get(Station, known.station_id), *(Unreplaced(one) for one in ids)]
        if asked.reason == "died":
            yield from load_death(ids)

    work = yield from take_turn(load)
    before = reach_resident(work, asked)
    after = care_ended(asked, before, work.now)
    ids = identity_of(work, before.id).ids
    settle(work, ids)
    if asked.reason == "died":
        end_by_death(work, ids, residents_policy.replace_time)
    guard_record(work, before.id)
    look_again(work, before.station_id)
    return store_change(work, before, after, ResidentEnded)


def go_on_after_death(message: Incoming[ResidentDied], residents_policy: ResidentsPolicy) -> Handling:
    """End the next relations of others in which the dead resident was the other person; none after a mistake."""
    resident_id = message.data.id

    def load() -> Loading:
        work = yield person_loads(resident_id, None)
        yield from load_others(identity_of(work, resident_id).ids)

    work = yield from take_turn(load)
    person = work.get(Resident, resident_id)
    if person is not None and is_dead(person):
        end_for_others(work, identity_of(work, resident_id).ids, residents_policy.replace_time)


def load_death(ids: Sequence[str]) -> Loading:
    """Load all that `end_by_death` needs, for all ids of the resident."""
    yield [load for one in ids for load in (StandingRelations(one), ConsentsOf(one))]
    yield from load_others(ids)


def load_others(ids: Sequence[str]) -> Loading:
    """Load the relations of others to these ids, and whether somebody else stands in for each."""
    work = yield [RelationsTo(one) for one in ids]
    others = dict.fromkeys(relation.resident_id for relation in _relations_to(work, ids))
    yield [load for one in others for load in beside_loads(one)]


def end_by_death(work: UnitOfWork, ids: Sequence[str], replace: timedelta) -> None:
    """End the consents and relations of a dead resident with these ids, the first being the survivor's."""
    for consent in end_consents_of_dead(work, ids):
        follow_end(work, consent)
    for relation in (relation for one in ids for relation in work.find(StandingRelations(one))):
        if relation.kind in ENDED_BY_DEATH:
            RELATIONS.store(work, relation, ended(relation, "resident_died", today(work)), RelationEnded)
    end_for_others(work, ids, replace)


def end_for_others(work: UnitOfWork, ids: Sequence[str], replace: timedelta) -> None:
    """End the relations of others to these ids, and have their stations find somebody else; go on where more are left.

    A ward who still needs a guardian is to be given another one (Civil Code, art. 39).
    """
    more = any(len(work.find(RelationsTo(one))) == RelationsTo.limit for one in ids)
    for relation in _relations_to(work, ids):
        lose(work, relation, "died", replace)
    if more:
        work.remind(f"resident:{ids[0]}:died", work.now + AT_ONCE, ResidentDied(id=ids[0]))


def _relations_to(work: UnitOfWork, ids: Sequence[str]) -> list[Relation]:
    return [relation for one in ids for relation in work.find(RelationsTo(one))]


HANDLERS: Final[HandlerTable] = {EndResident: end_resident, ResidentDied: go_on_after_death}
