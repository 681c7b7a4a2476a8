"""The erasure of the person whom a need is about: the words go with their key, the need stays, in codes and amounts."""

import json
from typing import ClassVar, Final

from services.stations.erasures.domain import Erasure, NeedErasureDue
from services.stations.erasures.handlers import keep_outcome
from services.stations.needs.attaching import PartsOf, remove_some
from services.stations.needs.domain.attached import NeedAttachments
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, place_of
from services.stations.needs.storage import CopiesOf
from shared.contracts.messages import Timer
from shared.contracts.reasons import reason
from shared.contracts.stations.consents import NeedConsentWithdrawn
from shared.contracts.stations.needs import ENDED
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork
from shared.people.erasing import AT_ONCE, ErasurePart, go_on, wait
from shared.people.erasures import Erasures, FirstSteps, Taking
from shared.people.failed_commands import Traces, open_known
from shared.runtime.vault import Vault

COPY: Final = "copy"
"""Instead of an erasure: the part of words that are a copy of those of an erased need. Nobody is answered."""


class WordsLeave(Timer):
    """The words of a need are being erased: no other visit may take them over."""

    type: ClassVar[str] = "stations.words_leave"
    need_id: str


class _UntilEnded(FirstSteps[Need]):
    """Those who serve a need still want its title and place; without them nobody could end it well.

    The visits of a care plan to one home have copies of the same words: these are erased with those of the need.
    """

    def load(self, work: UnitOfWork, part: ErasurePart, person: Need) -> Loading:  # noqa: ARG002
        """Load the residents, the words with all their copies, and the parts of those that are being erased already."""
        search = _copies_of(work, person)
        work = yield [Get(NeedResidents, person.id), Get(NeedAttachments, person.id), PartsOf(person.id), search]
        yield [Get(ErasurePart, _part_id(text)) for text in work.find(search)]

    def take(self, work: UnitOfWork, part: ErasurePart, person: Need) -> Taking:
        """Wait for the end of the need, and for the erasure of copies of later visits; then delete the attachments."""
        yield from ()
        copies_stay = part.erasure_id != COPY and _erase_copies(work, part, person)
        if person.state not in ENDED:
            because = reason("need_in_progress", state=person.state)
        elif copies_stay:
            because = reason("copies_in_progress")
        else:
            gone = remove_some(work, person.id)
            if gone is None or gone:
                go_on(work, part.counted("personal_record", gone or 0), NeedErasureDue)
                return True
            if (residents := work.get(NeedResidents, person.id)) is not None:
                work.remove(residents)
            return False
        wait(work, part, NeedErasureDue, keep_outcome, because)
        return True


def _copies_of(work: UnitOfWork, need: Need) -> CopiesOf:
    text = work.get(NeedText, need.id)
    return CopiesOf(need.id if text is None else text.origin)


def _part_id(text: NeedText) -> str:
    return f"{COPY}.{text.id}"


def _erase_copies(work: UnitOfWork, part: ErasurePart, need: Need) -> bool:
    """Begin the erasure of every copy; return whether one is left that has to be waited for.

    Only later ones are waited for, so that two erasures of needs of one home do not wait for each other.
    """
    found = work.find(_copies_of(work, need))
    others = [text for text in found if text.id != need.id]
    begun = [text for text in others if work.get(ErasurePart, _part_id(text)) is None]
    for text in begun:
        copy = ErasurePart(
            id=_part_id(text), erasure_id=COPY, nth=0, kind=part.kind, subject=text.id, area=part.area,
            reach=part.reach,
        )  # fmt: skip
        go_on(work, copy, NeedErasureDue)
    if others and (begun or part.state == "pending"):
        for need_id in (need.id, *(text.id for text in begun)):
            work.remind(f"need:{need_id}:words", work.now + AT_ONCE, WordsLeave(need_id=need_id))
    return len(found) == CopiesOf.limit or any(text.id > need.id for text in others)


def erase_need(message: Incoming[NeedErasureDue], vault: Vault) -> Handling:
    """Wait for the end of the need and the erasure of its copies; end the consents, search the failed commands.

    At last delete words, key and names.
    """
    return ERASURES.run_step(message, vault, _UntilEnded())


def _find_traces(work: UnitOfWork, vault: Vault, text: NeedText) -> Traces:
    """Return the id, and title with exact place: a request that failed before it was sent again has no id yet."""
    words = open_known(work, vault, text.id, text.asked, *place_of(text.id, "asked"), record=text)
    if not words:
        return Traces(text.id)
    asked = json.loads(words)
    place = (json.dumps(asked["location"][name]) for name in ("lon", "lat"))
    return Traces(text.id, ((asked["title"], *place),))


ERASURES: Final = Erasures(
    kind="need",
    person=Need,
    record=NeedText,
    due=NeedErasureDue,
    withdrawn=NeedConsentWithdrawn,
    tell=keep_outcome,
    traces=_find_traces,
    kept=(reason("kept_need_nameless"),),
    loads=lambda part: (Get(Erasure, part.erasure_id),),
    merged=False,
)
HANDLERS: Final[HandlerTable] = {NeedErasureDue: erase_need}
