"""The audit rows of a batch: one for each command that has changed something, stored in the batch's transaction."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.messages import Command
from shared.engine.decide.batch import Outcome
from shared.engine.decide.schema import Document
from shared.runtime.audit import build_row


def build_audit(outcomes: Iterable[Outcome], now: datetime) -> list[Document]:
    """Return the rows of the commands among the outcomes that were done, at `now` (UTC).

    A refused or failed command has none, and neither has one that changed nothing. `why` is the code of the reason that
    a decision gives, as the end of an organisation.
    """
    return [
        build_row(
            o.message.actor,
            o.message.type,
            o.subjects,
            now,
            areas=o.areas,
            correlation=o.message.correlation,
            why=_reason_of(o.message.data),
        )
        for o in outcomes
        if o.subjects and o.failure is None and o.refusal is None
    ]


def _reason_of(message: object) -> str:
    """Return the code of the reason that a command gives; empty where it gives none."""
    named = isinstance(message, Command) and message.reason_field
    return getattr(message, named) or "" if named else ""
