"""The volunteers behind notices: their choice, and their telephone or e-mail address, opened for the message alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, TypeVar

from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.misdirections.domain import Misdirection, is_doubted
from services.volunteering.misdirections.storage import LastMisdirections, read_last_misdirections
from services.volunteering.notices.choices import NoticeChoice, combine_choices, read_choices
from services.volunteering.notices.domain.sending import Contact, Way, find_contact, find_way
from services.volunteering.people.domain import VolunteerPerson, place_of
from shared.contracts.volunteering.notices import NoticeLanguage
from shared.engine import Entity, Store
from shared.people import KeyGoneError, Opener, OpenKeys, read_keys
from shared.people.resolution import ids_of_each

E = TypeVar("E", bound=Entity)

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


def find_recipients(store: Store, volunteer_ids: Iterable[str], ways: Collection[Way]) -> Mapping[str, Recipient]:
    """Return by id the persons who stand behind volunteers' ids, also merged ones, each with the way to them.

    A choice against notices counts under any id, and so does a message that has reached somebody else.
    One read of each kind for all of them. Raises PyMongoError.
    """
    ids = ids_of_each(store, volunteer_ids)
    choices = {choice.id: choice for choice in read_choices(store, [one for own in ids.values() for one in own])}
    survivors = [own[0] for own in ids.values()]
    persons, volunteers = _read(store, VolunteerPerson, survivors), _read(store, Volunteer, survivors)
    doubted = _find_doubted(store, ids.values())
    return {
        volunteer_id: _describe(
            combine_choices([choices[one] for one in own]),
            persons.get(own[0]),
            volunteers.get(own[0]),
            doubted=own[0] in doubted,
            ways=ways,
        )
        for volunteer_id, own in ids.items()
    }


def _describe(
    choice: NoticeChoice, person: VolunteerPerson | None, volunteer: Volunteer | None, *, doubted: bool,
    ways: Collection[Way],
) -> Recipient:  # fmt: skip
    contact = find_contact(person, volunteer, doubted=doubted, ways=ways)
    if person is None or contact == "erased":
        return Recipient(choice.id, "erased")
    way = find_way(person, ways) or "telephone"
    sealed = getattr(person, FIELDS[way]) or ""
    return Recipient(person.id, contact, choice.wanted, choice.language, person.area, way, sealed)


def read_addresses(store: Store, vault: Opener, recipients: Iterable[Recipient]) -> OpenKeys:
    """Return the keys that open the persons' addresses; none is opened yet. Raises PyMongoError."""
    return read_keys(store, vault, tuple(dict.fromkeys(one.volunteer_id for one in recipients)))


def open_address(keys: OpenKeys, recipient: Recipient) -> str | None:
    """Return the telephone or e-mail address of the person; None where the person was forgotten meanwhile.

    The read is on record before, see `shared.runtime.audit`. Raises VaultError where no key opens it.
    """
    person_id = recipient.volunteer_id
    try:
        return keys.open(recipient.sealed, person_id, *place_of(person_id, FIELDS[recipient.way]))
    except KeyGoneError:
        return None


def _find_doubted(store: Store, people: Collection[Sequence[str]]) -> AbstractSet[str]:
    """Return the surviving ids of those people, each with all ids, whose contact has reached somebody else."""
    every = [one for own in people for one in own]
    most = len(every) * LastMisdirections.limit
    rule = {"volunteer_id": {"$in": every}}
    rows = list(store[Misdirection.collection].find(rule, {"volunteer_id": 1}).limit(most or 1).max_time_ms(MAX_MILLIS))
    # Hardly anybody has one, and then nobody is read apart.
    some = set(every) if len(rows) == most else {row["volunteer_id"] for row in rows}
    concerned = [own for own in people if not some.isdisjoint(own)]
    return {
        own[0] for own in concerned if is_doubted([one.state for one in read_last_misdirections(store, tuple(own))])
    }


def _read(store: Store, model: type[E], ids: Sequence[str]) -> dict[str, E]:
    rows = store[model.collection].find({"_id": {"$in": list(ids)}}).limit(len(ids) or 1).max_time_ms(MAX_MILLIS)
    return {row["_id"]: model.from_document(row) for row in rows}
