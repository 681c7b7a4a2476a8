"""The names of a dead letter: those that an operator types, and the subject under which the audit has its repairs."""

from datetime import UTC, datetime

import pytest
import typer
from pydantic import TypeAdapter

from deploy.lianshan.cli.letters import find_missing, select
from deploy.lianshan.dead_letters.letter import DeadLetter
from shared.contracts.access.audit import AuditFilter
from shared.contracts.messages import Id
from shared.words import Wording

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
EVENT = "/stations/need#need_1.1.0"
HASH = "#71a2d26378d078b6"


def letter(own_id: str, key: str = "", queue: str = "charity.events") -> DeadLetter:
    return DeadLetter(f"{queue}/{key or own_id}", queue, "event", own_id, "stations.need.published", "", "0" * 64, NOW)


@pytest.mark.parametrize(
    ("own_id", "subject"),
    [
        (EVENT, "need_1.1.0"),
        (f"charity.events/{HASH}", "71a2d26378d078b6"),
        ("command-7", "command-7"),
        ("due:need_1", "due:need_1"),
        ("三/é b", "----b"),
        (f"/stations/need#{'n' * 100}", "n" * 64),
        ("odd#", "-"),
    ],
)
def test_the_audit_of_its_repairs_is_asked_for_by_a_subject_that_the_api_takes(own_id: str, subject: str) -> None:
    assert letter(own_id).subject == subject
    assert TypeAdapter(Id).validate_python(subject) == AuditFilter(subject=subject).subject
    assert letter(own_id).to_json()["subject"] == subject


def test_an_event_that_nobody_could_read_is_named_by_its_whole_key_or_by_the_key_alone() -> None:
    poison, other = letter(f"charity.events/{HASH}", HASH), letter(EVENT)
    for name in (poison.id, HASH):
        assert select([poison, other], [name], Wording("en")) == [poison]
        assert find_missing([poison], [name, "nobody"]) == ["nobody"]
    assert select([poison, other], ["nobody"], Wording("en")) == []


def test_the_key_of_a_letter_that_several_queues_hold_chooses_none(capsys: pytest.CaptureFixture[str]) -> None:
    several = [letter(f"{queue}/{HASH}", HASH, queue) for queue in ("charity.events", "volunteering.events")]
    with pytest.raises(typer.Exit):
        select(several, [HASH], Wording("en"))
    said = capsys.readouterr().err
    assert f"charity.events/{HASH}" in said
    assert "choose by --queue" in said
