"""Who speaks for another does it in few commands, about that person alone, and the audit has both."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditRow
from shared.contracts.charity.donations import Donate
from shared.contracts.messages import COMMANDS
from shared.contracts.registry import load_contracts
from shared.contracts.stations.needs import EvaluateNeed
from shared.engine.decide.access import refuse_actor
from shared.runtime.audit import build_row, to_answer

load_contracts()
NOW = datetime(2026, 3, 2, tzinfo=UTC)
WORKER = Actor(kind="key", id="key_1", roles=("administrator",), on_behalf_of="principal_1")


def speaking_for(person_id: str) -> Actor:
    return WORKER.model_copy(update={"speaks_for": person_id})


def gift(**more: Any) -> Donate:
    return Donate(**{"fund_id": "fund_1", "donor_id": "donor_1", "amount_fen": 100, **more})


def test_the_commands_in_which_one_speaks_for_another_are_few() -> None:
    spoken = {command.type: command.spoken_in for command in COMMANDS.values() if command.spoken_in}
    assert spoken == {
        "AcceptOffer": "dispatch_id", "DeclineOffer": "dispatch_id", "CheckIn": "dispatch_id",
        "CheckOut": "dispatch_id", "Donate": "donor_id", "EvaluateNeed": "need_id",
    }  # fmt: skip
    for command in COMMANDS.values():
        assert not command.spoken_in or command.spoken_in in command.model_fields


@pytest.mark.parametrize(
    ("command", "person_id", "rule"),
    [
        (gift(), "donor_1", None),
        (gift(), "donor_2", "speaks_for_another"),
        (gift(donor_id=None), "donor_1", "speaks_for_another"),
        (gift(anonymous=True), "donor_1", "not_on_behalf"),
        (EvaluateNeed(need_id="need_1", rating=5), "need_1", None),
        (EvaluateNeed(need_id="need_1", rating=5), "need_2", "speaks_for_another"),
    ],
)
def test_one_speaks_of_that_person_alone(command: Any, person_id: str, rule: str | None) -> None:
    refused = refuse_actor(speaking_for(person_id), command)
    assert (None if refused is None else refused.rule) == rule
    assert refuse_actor(WORKER, command) is None


def test_the_audit_has_the_speaker_and_the_person_spoken_for() -> None:
    row = build_row(speaking_for("vol_1"), "AcceptOffer", ["dispatch_1"], NOW)
    assert row["by"] == ["key_1", "principal_1"]
    assert to_answer(row, "").on_behalf_of == "vol_1"
    assert to_answer(build_row(WORKER, "AcceptOffer", ["dispatch_1"], NOW), "").on_behalf_of == ""


def test_a_row_of_a_release_that_knew_no_speakers_is_read() -> None:
    row = to_answer(build_row(WORKER, "AcceptOffer", ["dispatch_1"], NOW), "")
    assert AuditRow.model_validate(row.model_dump(exclude={"on_behalf_of"})).on_behalf_of == ""


def test_an_actor_who_speaks_for_nobody_is_sent_as_before() -> None:
    assert "speaks_for" not in WORKER.model_dump_json()
    assert Actor.model_validate_json(speaking_for("vol_1").model_dump_json()).speaks_for == "vol_1"
