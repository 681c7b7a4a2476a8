"""A decision with a reason has it on record: the audit keeps the code, and never a caller's words."""

from datetime import UTC, datetime
from typing import Literal, get_args, get_origin

import pytest

from shared.contracts.messages import COMMANDS, Command
from shared.contracts.registry import load_contracts
from shared.contracts.stations.needs import CancelNeed
from shared.engine.decide.batch import Outcome
from shared.engine.decide.incoming import Incoming
from shared.engine.run.audit import build_audit
from tests.each import for_each

pytestmark = pytest.mark.contract
load_contracts()

REASONS = ("reason_code", "reason", "ground")
"""The names of fields with a reason."""


def is_closed(kind: object) -> bool:
    """Return whether the annotation allows nothing but codes, or none."""
    parts = [part for part in get_args(kind) if part is not type(None)]
    return get_origin(kind) is Literal or (bool(parts) and all(get_origin(part) is Literal for part in parts))


def coded(command: type[Command]) -> list[str]:
    return [
        name for name in REASONS if name in command.model_fields and is_closed(command.model_fields[name].annotation)
    ]


@for_each(("service", "kind"), sorted(COMMANDS))
def test_the_audit_keeps_the_code_of_every_reason_and_no_words(service: str, kind: str) -> None:
    command = COMMANDS[service, kind]
    assert ([command.reason_field] if command.reason_field else []) == coded(command), (
        f"set `reason_field` of {kind} to its field with the code of a reason, and to no other"
    )


def test_the_row_of_a_decision_has_its_reason() -> None:
    command = CancelNeed(need_id="need_1", reason="Invented Person has moved", reason_code="resident_moved")
    message = Incoming("command", "1", "1", command.type, command, datetime(2026, 3, 2, tzinfo=UTC), "1", "")
    (row,) = build_audit([Outcome(message, subjects=["need_1"])], message.time)
    assert row["why"] == "resident_moved"
