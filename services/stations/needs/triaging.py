"""The handler of the override of a need's triage."""

from functools import partial
from typing import Final

from services.stations.needs.actions import current_need, load_need
from services.stations.needs.announcing import announce_change
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.override import overridden
from shared.contracts.stations.amending import NeedAmended, NeedEdited
from shared.contracts.stations.triage import OverrideTriage
from shared.engine import HandlerTable, Handling, Incoming, take_turn
from shared.engine.decide.actor_references import Blinder, refer, reference_load


def override_triage(message: Incoming[OverrideTriage], vault: Blinder) -> Handling:
    """Give a need another score: the event of its correction tells charity and volunteering, who go by it."""
    yield [reference_load(message.actor)]
    work = yield from take_turn(partial(load_need, message))
    before = current_need(work, message.data)
    after = overridden(before, message.data, refer(work, vault), work.now)
    return to_answer(announce_change(work, after, before, NeedEdited if before.state == "draft" else NeedAmended))


HANDLERS: Final[HandlerTable] = {OverrideTriage: override_triage}
