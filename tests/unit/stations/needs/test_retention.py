"""Words about people go some time after the end of their need; an audit is kept for six months at least."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.stations.needs.retention import OldNeedTexts
from services.stations.service import StationsSettings
from shared.engine.decide.memory import START
from shared.engine.decide.unit_of_work import make_id
from shared.people.retention import OldAudit, Retention
from shared.runtime.audit import AUDIT
from shared.runtime.clock import Clock
from tests.city.mongo import Database
from tests.city.store import Memory

YEAR = 365


def store(**collections: dict[str, Any]) -> Database:
    memory = Memory("stations")
    for name, rows in collections.items():
        for row_id, row in rows.items():
            memory.write(None, name, row_id, {"_id": row_id, **row})
    return Database(memory)


def need(days_ago: int, state: str, ended_days_ago: int) -> tuple[str, dict[str, Any]]:
    ends = START - timedelta(days=ended_days_ago)
    need_id = make_id("need", START - timedelta(days=days_ago), f"{days_ago} {ended_days_ago}")
    return need_id, {"state": state, "timeline": [["draft", ends - timedelta(days=1)], [state, ends]]}


def kept_after_a_pass(*needs: tuple[str, dict[str, Any]]) -> tuple[list[str], Database]:
    database = store(
        needs=dict(needs),
        need_texts={need_id: {"asked": "p1.sealed"} for need_id, _ in needs},
        data_keys={f"person:{need_id}": {"wrapped": "v2.sealed"} for need_id, _ in needs},
        external_ids={f"name {need_id}": {"about": need_id} for need_id, _ in needs},
        consents={
            f"need_consent of {need_id}": {"person_id": need_id, "guardian_sealed": "v2.sealed", "version": 1}
            for need_id, _ in needs
        },
    )
    clock = Clock(wall=START.timestamp, monotonic=lambda: 0.0)
    Retention(database, clock, [OldNeedTexts(YEAR)], 0.0).run_pass()  # type: ignore[arg-type]
    return sorted(database.visible("need_texts")), database


def test_words_key_and_names_of_a_need_that_ended_long_ago_go_and_the_need_stays() -> None:
    old, young = need(800, "confirmed", 366), need(800, "evaluated", 300)
    kept, database = kept_after_a_pass(old, young)
    assert kept == [young[0]]
    assert list(database.visible("data_keys")) == [f"person:{young[0]}"]
    assert [row["about"] for row in database.visible("external_ids").values()] == [young[0]]
    assert [(row["guardian_sealed"], row["version"]) for row in database.visible("consents").values()] == [
        ("", 2),
        ("v2.sealed", 1),
    ]
    assert old[0] in database.visible("needs")
    (row,) = database.visible(AUDIT).values()
    assert (row["what"], row["about"], row["by"]) == ("retention", [old[0]], ["system"])


@pytest.mark.parametrize("state", ["draft", "published", "ready", "in_service", "served"])
def test_a_need_that_has_not_ended_keeps_its_words_however_old_it_is(state: str) -> None:
    open_need = need(3000, state, 2000)
    assert kept_after_a_pass(open_need)[0] == [open_need[0]]


def test_more_than_one_batch_is_deleted_in_one_pass() -> None:
    needs = [need(400 + n, "unmet", 399 + n) for n in range(450)]
    assert kept_after_a_pass(*needs)[0] == []


def test_old_rows_of_the_audit_go_in_whole_blocks_whose_headers_stay() -> None:
    def block(number: int, days_ago: int) -> dict[str, Any]:
        ids = [f"row {number}.{nth}" for nth in range(3)]
        return {"at": START - timedelta(days=days_ago), "count": 3, "ids": ids, "leaves": b"hashes"}

    blocks: dict[Any, Any] = {1: block(1, 400), 2: block(2, 185), 3: block(3, 183)}
    rows = {row: {"what": "need_texts"} for one in blocks.values() for row in one["ids"]}
    database = store(audit=rows, audit_blocks=blocks)
    rule = OldAudit(184)
    assert [rule.delete_batch(database, START) for _ in range(3)] == [(), (), None]  # type: ignore[arg-type]
    assert sorted(database.visible(AUDIT)) == ["row 3.0", "row 3.1", "row 3.2"]
    left = database.visible("audit_blocks")
    assert [("ids" in left[n], "dropped" in left[n], left[n]["count"]) for n in (1, 2, 3)] == [
        (False, True, 3),
        (False, True, 3),
        (True, False, 3),
    ]


def test_an_audit_of_less_than_six_months_is_refused() -> None:
    servers = {
        "amqp_uri": "amqp://localhost/",
        "mongo_uri": "mongodb://localhost/?replicaSet=rs0",
        "data_key": bytes(32),
    }
    assert StationsSettings.model_validate({**servers, "audit_days": 184}).audit_days == 184
    with pytest.raises(ValidationError, match="greater than or equal to 184"):
        StationsSettings.model_validate({**servers, "audit_days": 183})
