"""The erasure of the person whom a need is about: the words go with their key, the need stays, in codes and amounts."""

import json
from typing import Final

from services.stations.erasures.domain import Erasure, NeedErasureDue
from services.stations.erasures.handlers import keep_outcome
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, place_of
from shared.contracts.reasons import reason
from shared.contracts.stations.consents import NeedConsentWithdrawn
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.people import key_loads
from shared.people.consents import ConsentsToEnd, end_consents
from shared.people.erasing import (
    ErasurePart,
    NamesOf,
    delete_key,
    delete_names,
    finish,
    go_on,
    open_part,
    part_load,
    wait,
)
from shared.people.failed_commands import FailedCommands, Traces, open_known, search_page
from shared.runtime.vault import Vault

ENDED: Final = frozenset({"confirmed", "evaluated", "cancelled", "unmet"})


def erase_need(message: Incoming[NeedErasureDue], vault: Vault) -> Handling:
    """Wait for the end of the need; end the consents, search the failed commands; then delete words, key and names."""
    work = yield from take_turn(lambda: _load(message))
    part = open_part(work, message)
    if part is None:
        return
    need = work.get(Need, part.subject)
    if need is None or not part.reaches(need.area):
        finish(work, part, "unknown", keep_outcome)
        return
    if need.state not in ENDED:
        # Those who serve it still need title and place; without them nobody could end it well.
        wait(work, part, NeedErasureDue, keep_outcome, reason("need_in_progress", state=need.state))
        return
    text = work.get(NeedText, need.id)
    part, ended = end_consents(work, part, NeedConsentWithdrawn)
    part, last = search_page(work, vault, part, _find_traces(work, vault, need.id, text))
    if not (ended and last):
        go_on(work, part, NeedErasureDue)
        return
    if text is not None:
        work.remove(text)
        part = part.counted("personal_record")
    part = delete_names(work, delete_key(work, part))
    finish(work, part, "erased", keep_outcome, (reason("kept_need_nameless"),))


def _load(message: Incoming[NeedErasureDue]) -> Loading:
    work = yield part_load(message)
    part = work.get(ErasurePart, message.data.part_id)
    if part is not None:
        subject = part.subject
        need: list[Load] = [
            Get(Erasure, part.erasure_id),
            Get(Need, subject),
            Get(NeedText, subject),
            *key_loads(subject),
        ]
        yield [*need, NamesOf(subject), ConsentsToEnd(subject), FailedCommands(part.searched)]


def _find_traces(work: UnitOfWork, vault: Vault, need_id: str, text: NeedText | None) -> Traces:
    """Return the id, and title with exact place: a request that failed before it was sent again has no id yet."""
    words = "" if text is None else open_known(work, vault, need_id, text.asked, *place_of(need_id, "asked"))
    if not words:
        return Traces(need_id)
    asked = json.loads(words)
    place = (json.dumps(asked["location"][name]) for name in ("lon", "lat"))
    return Traces(need_id, ((asked["title"], *place),))


HANDLERS: Final[HandlerTable] = {NeedErasureDue: erase_need}
