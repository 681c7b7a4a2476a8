"""The volunteers behind notices: their choice and their telephone, opened for the message gateway alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.misdirections.domain import is_doubted
from services.volunteering.misdirections.storage import read_last_misdirections
from services.volunteering.notices.choices import combine_choices, read_choices
from services.volunteering.notices.domain.sending import Contact, find_contact
from services.volunteering.people.domain import VolunteerPerson, place_of
from shared.contracts.volunteering.notices import NoticeLanguage
from shared.engine import Store
from shared.people import KeyGoneError, Opener, read_keys
from shared.people.resolution import ids_of


@dataclass(frozen=True, slots=True)
class Recipient:
    """The person who is asked by a notice, under the surviving id. The telephone stays sealed until `open_phone`."""

    volunteer_id: str
    contact: Contact
    wanted: bool = True
    language: NoticeLanguage | None = None
    area: str = ""
    phone: str = field(default="", repr=False)


def find_recipient(store: Store, volunteer_id: str) -> Recipient:
    """Return the person who stands behind a volunteer's id, also one that was merged. Raises PyMongoError.

    A choice against notices counts under any id, and so does a message that has reached somebody else.
    """
    ids = ids_of(store, volunteer_id)
    choice = combine_choices(read_choices(store, ids))
    row = store[VolunteerPerson.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    profile = store[Volunteer.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    person = None if row is None else VolunteerPerson.from_document(row)
    volunteer = None if profile is None else Volunteer.from_document(profile)
    contact = find_contact(person, volunteer, doubted=_is_doubted(store, ids))
    if person is None or contact == "erased":
        return Recipient(ids[0], "erased")
    return Recipient(person.id, contact, choice.wanted, choice.language, person.area, person.phone)


def open_phone(store: Store, vault: Opener, recipient: Recipient) -> str | None:
    """Return the telephone of the person; None where the person was forgotten meanwhile.

    The read is on record before, see `shared.runtime.audit`. Raises PyMongoError, and VaultError where no key opens it.
    """
    keys = read_keys(store, vault, (recipient.volunteer_id,))
    try:
        return keys.open(recipient.phone, recipient.volunteer_id, *place_of(recipient.volunteer_id, "phone"))
    except KeyGoneError:
        return None


def _is_doubted(store: Store, ids: Sequence[str]) -> bool:
    return is_doubted([one.state for one in read_last_misdirections(store, tuple(ids))])
