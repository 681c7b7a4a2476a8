"""The volunteers behind notices: their choice, and their telephone or e-mail address, opened for the message alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.misdirections.domain import is_doubted
from services.volunteering.misdirections.storage import read_last_misdirections
from services.volunteering.notices.choices import combine_choices, read_choices
from services.volunteering.notices.domain.sending import Contact, Way, find_contact, find_way
from services.volunteering.people.domain import VolunteerPerson, place_of
from shared.contracts.volunteering.notices import NoticeLanguage
from shared.engine import Store
from shared.people import KeyGoneError, Opener, read_keys
from shared.people.resolution import ids_of

FIELDS: Final[dict[Way, str]] = {"telephone": "phone", "mail": "email"}
"""The sealed field of a person that each way leads to."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The person who is asked by a notice, under the surviving id.

    `sealed` is the telephone or the e-mail address, by the `way`, until `open_address`.
    """

    volunteer_id: str
    contact: Contact
    wanted: bool = True
    language: NoticeLanguage | None = None
    area: str = ""
    way: Way = "telephone"
    sealed: str = field(default="", repr=False)


def find_recipient(store: Store, volunteer_id: str, ways: Collection[Way]) -> Recipient:
    """Return the person who stands behind a volunteer's id, also one that was merged, with the way to them.

    A choice against notices counts under any id, and so does a message that has reached somebody else.
    Raises PyMongoError.
    """
    ids = ids_of(store, volunteer_id)
    choice = combine_choices(read_choices(store, ids))
    row = store[VolunteerPerson.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    profile = store[Volunteer.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    person = None if row is None else VolunteerPerson.from_document(row)
    volunteer = None if profile is None else Volunteer.from_document(profile)
    contact = find_contact(person, volunteer, doubted=_is_doubted(store, ids), ways=ways)
    if person is None or contact == "erased":
        return Recipient(ids[0], "erased")
    way = find_way(person, ways) or "telephone"
    sealed = getattr(person, FIELDS[way]) or ""
    return Recipient(person.id, contact, choice.wanted, choice.language, person.area, way, sealed)


def open_address(store: Store, vault: Opener, recipient: Recipient) -> str | None:
    """Return the telephone or e-mail address of the person; None where the person was forgotten meanwhile.

    The read is on record before, see `shared.runtime.audit`. Raises PyMongoError, and VaultError where no key opens it.
    """
    person_id = recipient.volunteer_id
    keys = read_keys(store, vault, (person_id,))
    try:
        return keys.open(recipient.sealed, person_id, *place_of(person_id, FIELDS[recipient.way]))
    except KeyGoneError:
        return None


def _is_doubted(store: Store, ids: Sequence[str]) -> bool:
    return is_doubted([one.state for one in read_last_misdirections(store, tuple(ids))])
