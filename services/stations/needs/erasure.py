"""The erasure of the person whom a need is about: the words go with their key, the need stays, in codes and amounts."""

import json
from typing import Final

from services.stations.erasures.domain import Erasure, NeedErasureDue
from services.stations.erasures.handlers import keep_outcome
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, place_of
from shared.contracts.reasons import reason
from shared.contracts.stations.consents import NeedConsentWithdrawn
from shared.contracts.stations.needs import ENDED
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork
from shared.people.erasing import ErasurePart, wait
from shared.people.erasures import Erasures, FirstSteps, Taking
from shared.people.failed_commands import Traces, open_known
from shared.runtime.vault import Vault


class _UntilEnded(FirstSteps[Need]):
    """Those who serve a need still want its title and place; without them nobody could end it well."""

    def load(self, work: UnitOfWork, part: ErasurePart, person: Need) -> Loading:  # noqa: ARG002
        yield [Get(NeedResidents, person.id)]

    def take(self, work: UnitOfWork, part: ErasurePart, person: Need) -> Taking:
        yield from ()
        if person.state in ENDED:
            if (residents := work.get(NeedResidents, person.id)) is not None:
                work.remove(residents)
            return False
        wait(work, part, NeedErasureDue, keep_outcome, reason("need_in_progress", state=person.state))
        return True


def erase_need(message: Incoming[NeedErasureDue], vault: Vault) -> Handling:
    """Wait for the end of the need; end the consents, search the failed commands; then delete words, key and names."""
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
