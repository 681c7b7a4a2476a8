"""The residents whom needs have served are counted each once, and nobody is named."""

from datetime import timedelta
from typing import Any

import pytest

from services.stations.needs import served
from shared.contracts import Refused
from shared.contracts.stations.served import CountResidentsServed, ResidentsServedAnswer
from shared.engine.decide.memory import START
from tests.city.mongo import Database
from tests.city.store import Memory

HOME, AWAY = "110102009017", "110105001001"
DAY = timedelta(days=1)


def need(nth: int, *, area: str = HOME, days: int | None = 1, beneficiaries: int = 2) -> dict[str, Any]:
    at = None if days is None else START + days * DAY
    return {"_id": f"need_{nth}", "area": area, "confirmed_at": at, "beneficiaries": beneficiaries}


def count(
    needs: list[dict[str, Any]], named: dict[str, list[str]], merged: dict[str, str] | None = None, **asked: Any
) -> ResidentsServedAnswer:
    memory = Memory("stations")
    rows = {
        "needs": needs,
        "need_residents": [{"_id": one, "area": HOME, "residents": ids} for one, ids in named.items()],
        "identities": [{"_id": one, "survivor": other} for one, other in (merged or {}).items()],
    }
    for name, documents in rows.items():
        for document in documents:
            memory.write(None, name, document["_id"], document)
    query = CountResidentsServed(**{"area": HOME[:9], "since": START, "before": START + 10 * DAY, **asked})
    return served.count_residents_served(query, Database(memory))  # type: ignore[arg-type]


def test_a_resident_whom_two_needs_name_counts_once_and_others_by_attendance() -> None:
    found = count([need(1), need(2, beneficiaries=5)], {"need_1": ["r_1", "r_2"], "need_2": ["r_1"]})
    assert found == ResidentsServedAnswer(needs=2, residents=2, unidentified=4)


def test_ids_that_were_merged_are_one_person() -> None:
    found = count([need(1), need(2)], {"need_1": ["r_1"], "need_2": ["r_2"]}, {"r_1": "r_2", "r_2": "r_2"})
    assert found.residents == 1


def test_needs_elsewhere_and_before_and_after_and_unconfirmed_ones_do_not_count() -> None:
    needs = [need(1, area=AWAY), need(2, days=-1), need(3, days=10), need(4, days=None)]
    assert count(needs, {one["_id"]: ["r_1"] for one in needs}).needs == 0
    assert count(needs, {}, area="").needs == 1


def test_more_needs_than_one_question_counts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "MOST_COUNTED", 1)
    with pytest.raises(Refused, match="too_many_needs"):
        count([need(1), need(2)], {})
