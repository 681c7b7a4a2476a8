"""Planted faults about people: an erasure, a merge, a consent or the retention leaves, opens or takes too much."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from unittest.mock import patch

from pymongo.database import Database

from services.charity.donations import correcting
from services.charity.donations.domain import Donation
from services.stations.needs.retention import OldNeedTexts
from services.volunteering.dispatch.domain import freed
from services.volunteering.dispatch.handlers import release
from services.volunteering.merges import domain as merge_domain
from services.volunteering.merges import handlers as merge_handlers
from services.volunteering.people import consent as matching_consent
from services.volunteering.people import erasure as volunteer_erasure
from services.volunteering.timebank.domain.minting import account_id
from shared.engine import Document, Get, Query, UnitOfWork
from shared.ledger import Account
from shared.people import erasures
from shared.people.consents import domain as consent_domain
from shared.people.consents.handlers import Consents
from shared.people.erasing import ErasurePart, part_load
from shared.people.erasures import Erasures


def keep_past_slots() -> AbstractContextManager[Any]:
    """Count slots of long ago among those that bind a volunteer who becomes free."""
    return patch.object(freed, "last_past", lambda _: 0)


# ---- erasures --------------------------------------------------------------------------------------------------


def match_without_consent() -> AbstractContextManager[Any]:
    """Have searches find a volunteer whose consent to be matched has ended."""
    return patch.object(matching_consent, "withheld", lambda volunteer: volunteer)


def keep_data_key() -> AbstractContextManager[Any]:
    """Leave the data key of a person who is erased."""
    return patch.object(erasures, "delete_key", lambda _, part: part)


def keep_consents() -> AbstractContextManager[Any]:
    """Leave the consents of a person who is erased, with the details of the guardian."""
    return patch.object(erasures, "end_consents", lambda _, part, __: (part, True))


def keep_failed_commands() -> AbstractContextManager[Any]:
    """Leave the failed commands about a person who is erased."""
    return patch.object(erasures, "search_page", lambda _, __, part, ___: (part, True))


def keep_marks() -> AbstractContextManager[Any]:
    """Leave the marks by which an erased donor is found."""
    forget = Erasures._forget

    def remember(self: Erasures[Any, Any], work: UnitOfWork, record: Any) -> bool:
        found = forget(self, work, record)
        if self.kind == "donor":
            work.put(work.require(type(record), record.id, "id").model_copy(update={"marks": record.marks}))
        return found

    return patch.object(Erasures, "_forget", remember)


def keep_tags() -> AbstractContextManager[Any]:
    """Leave the skills and languages of an erased volunteer in the merges."""
    return patch.object(volunteer_erasure, "clear_tags", lambda *_: 0)


def forget_hours() -> AbstractContextManager[Any]:
    """Take the hours of a volunteer with the personal data."""

    def empty(work: UnitOfWork, part: ErasurePart) -> None:
        account = work.get(Account, account_id(part.subject))
        if account is not None:
            work.put(account.model_copy(update={"credits_posted": 0}))

    return _also("volunteer", lambda part: Get(Account, account_id(part.subject)), empty)


@dataclass(frozen=True)
class GiftsOf(Query[Donation]):
    """The gifts of one donor."""

    model = Donation
    limit: ClassVar[int] = 50
    donor_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["GiftsOf"]) -> list[list[Document]]:
        """Return the documents for each query."""
        gifts = database[Donation.collection]
        return [list(gifts.find({"donor_id": query.donor_id}).limit(cls.limit)) for query in queries]

    def matches(self, entity: Donation) -> bool:
        """Return whether the gift is that donor's."""
        return entity.donor_id == self.donor_id


def forget_gifts() -> AbstractContextManager[Any]:
    """Take the gifts of a donor for those of nobody, with the personal data."""

    def disown(work: UnitOfWork, part: ErasurePart) -> None:
        for gift in work.find(GiftsOf(part.subject)):
            work.put(gift.model_copy(update={"donor_id": None}))

    return _also("donor", lambda part: GiftsOf(part.subject), disown)


def _also(
    kind: str, load: Callable[[ErasurePart], Any], harm: Callable[[UnitOfWork, ErasurePart], None]
) -> AbstractContextManager[Any]:
    """Do harm with the last step of an erasure of that kind of person."""
    load_all, end = Erasures._load, erasures.finish  # type: ignore[attr-defined]

    def load_more(self: Erasures[Any, Any], message: Any, first: Any) -> Any:
        work = yield part_load(message)
        part = work.get(ErasurePart, message.data.part_id)
        if part is not None and self.kind == kind:
            yield [load(part)]
        yield from load_all(self, message, first)

    def end_badly(work: UnitOfWork, part: ErasurePart, state: str, *more: Any) -> None:
        end(work, part, state, *more)
        if state == "erased" and part.kind == kind:
            harm(work, part)

    return together(patch.object(Erasures, "_load", load_more), patch.object(erasures, "finish", end_badly))


# ---- merges, consents, retention -------------------------------------------------------------------------------


def keep_double_promises() -> AbstractContextManager[Any]:
    """Let a merge leave two promises of one person for the same time."""
    return patch.object(merge_domain, "find_double_promises", lambda _: {})


def keep_slots_of_the_parted() -> AbstractContextManager[Any]:
    """Let the survivor keep the slots of the id that is parted from it."""
    give_back = merge_handlers.given_back  # type: ignore[attr-defined]
    return patch.object(merge_handlers, "given_back", lambda one, other, merge, _: give_back(one, other, merge, set()))


def keep_record_of_the_parted() -> AbstractContextManager[Any]:
    """Let the survivor keep the record of service of the id that is parted from it."""
    give_back = merge_handlers.given_back  # type: ignore[attr-defined]

    def keep(one: Any, other: Any, merge: Any, holds: Any) -> Any:
        survivor, parted = give_back(one, other, merge, holds)
        return [survivor.model_copy(update={"kept": one.kept}), parted]

    return patch.object(merge_handlers, "given_back", keep)


def merge_without_consents() -> AbstractContextManager[Any]:
    """Let a merge leave the survivor found, or hidden, as it was, without regard to consents under the other id."""
    return patch.object(merge_handlers, "join_searched", lambda _, __, ___, survivor: survivor)


def part_without_consents() -> AbstractContextManager[Any]:
    """Let the undoing of a merge leave both ids found, or hidden, as the merge had them."""
    return patch.object(merge_handlers, "part_searched", lambda _, __, ___, after: after)


def believe_withdrawn_consent() -> AbstractContextManager[Any]:
    """Hand data over by a consent that was withdrawn."""
    return patch.object(consent_domain, "holds", lambda consent, now: consent.given_at <= now < consent.expires_at)


def keep_old_words() -> AbstractContextManager[Any]:
    """Let the retention find nothing that is too old."""
    return patch.object(OldNeedTexts, "_find_ended", lambda *_: [])


def consent_to_what_is_gone() -> AbstractContextManager[Any]:
    """Record a consent about a person whose data is gone, which makes a new data key."""
    return patch.object(Consents, "_require_record", lambda *_: None)


@contextmanager
def together(*parts: AbstractContextManager[Any]) -> Iterator[None]:
    """Plant several patches at once."""
    with ExitStack() as all_parts:
        for part in parts:
            all_parts.enter_context(part)
        yield


def forget_what_a_correction_owes() -> AbstractContextManager[Any]:
    """Name no shortfall of a corrected gift whose amount is promised by now."""
    return patch.object(correcting, "record_shortfall", lambda *_: None)


def ignore_amendments() -> AbstractContextManager[Any]:
    """Keep the people of a need that asks for fewer by now, or for others."""
    return patch.object(release, "asks_the_same", lambda *_: True)
