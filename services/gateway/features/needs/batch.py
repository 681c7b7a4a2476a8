"""Several needs in one request: each is checked, taken in or refused on its own, and answered in the order posted."""

from collections.abc import Sequence

from pydantic import BaseModel
from pydantic_core import to_json

from services.gateway.backend import Backend
from services.gateway.features.needs.answer import BatchItem, NeedListed, need_after_command
from services.gateway.features.needs.duplicates import warn_of_duplicates
from services.gateway.features.needs.request import NeedIn, NeedsIn
from services.gateway.features.needs.view import NeedView
from services.gateway.features.needs.words import own_words
from services.gateway.http.bodies import parse
from services.gateway.http.problems import Problem, document, from_refusal
from services.gateway.messaging.commands import Origin, split
from services.gateway.reading.read_your_writes import Awaited
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations import need_answers as contract
from shared.contracts.stations.needs import RegisterNeeds
from shared.engine.decide.schema import Document


class Outcome(BaseModel):
    """One need of several, as stations answers: taken in, or refused."""

    ok: contract.NeedAnswer | None = None
    error: Document | None = None


class Outcomes(BaseModel):
    """The needs of a batch, in the order sent."""

    items: list[Outcome] = []


async def register_batch(backend: Backend, caller: Actor, origin: Origin, batch: NeedsIn) -> list[BatchItem]:
    """Register each need that is well-formed; return an item for each, in order. Stations decides about its area."""
    checked = [_check(raw, origin.path) for raw in batch.needs]
    taken = [need for need in checked if isinstance(need, NeedIn)]
    outcomes: Sequence[Outcome] = []
    # Nothing is sent where every need is refused here already.
    if taken:
        parts = [RegisterNeeds(needs=part) for part in split([need.command() for need in taken])]
        answers = await backend.commands.send_parts(parts, Outcomes, origin)
        outcomes = [outcome for answer in answers for outcome in answer.items]
    known = [outcome.ok for outcome in outcomes if outcome.ok is not None]
    views = await backend.own_writes.wait_for(Awaited(NeedView, need.id, need.version) for need in known)
    made = [_item(*pair, views.get(_id(pair[1])), origin.path) for pair in zip(taken, outcomes, strict=True)]
    registered = [item.need for item in made if item.need is not None]
    naming = [item.need.id for need, item in zip(taken, made, strict=True) if item.need is not None and need.residents]
    warned = iter(await warn_of_duplicates(backend, caller, registered, naming))
    items = (item if item.need is None else item.model_copy(update={"need": next(warned)}) for item in made)
    return [_name(backend, caller, need, next(items)) if isinstance(need, NeedIn) else need for need in checked]


def _name(backend: Backend, caller: Actor, asked: NeedIn, item: BatchItem) -> BatchItem:
    if item.need is None:
        return item
    named = backend.external_ids.name_new(caller, "stations", item.need, asked.external_id)
    return item.model_copy(update={"need": named})


def _check(raw: object, path: str) -> NeedIn | BatchItem:
    try:
        return parse(NeedIn, to_json(raw))
    except Problem as problem:
        return _refuse(problem, path)


def _item(need: NeedIn, outcome: Outcome, view: NeedView | None, path: str) -> BatchItem:
    if outcome.ok is None:
        return _refuse(from_refusal(Refused.from_json(outcome.error or {})), path)
    words = own_words(need, outcome.ok.lines)
    return BatchItem(status=201, need=need_after_command(NeedListed, outcome.ok, view, words))


def _refuse(problem: Problem, path: str) -> BatchItem:
    return BatchItem(status=problem.status, error=document(problem, path))


def _id(outcome: Outcome) -> str:
    return "" if outcome.ok is None else outcome.ok.id
