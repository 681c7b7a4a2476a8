"""The JSON of a need's answer, key by key: the gateway and its callers read it."""

import json
from datetime import timedelta
from typing import Any

from pydantic_core import to_json
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.answer import to_answer
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import ConfirmNeed, EvaluateNeed

LINES = [
    {"kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece"},
    {"kind": "money", "amount_fen": 5000, "purpose": "her heating bill"},
    {"kind": "service", "item": "counselling", "quantity": 2},
]


def as_sent(answer: NeedAnswer) -> Any:
    """The answer as the engine sends it, and as the RPC does: both are the same."""
    sent = json.loads(to_json({"ok": answer}))["ok"]
    assert sent == answer.model_dump(mode="json")
    return sent


def test_a_draft_without_lines(stations: StationsInMemory):
    answer = stations.register(publish=False, lines=[], due="2026-03-02T13:00:00.123456+04:00")

    assert as_sent(answer) == {
        "id": answer.id,
        "version": 1,
        "state": "draft",
        "station_id": stations.station_id,
        "area": COMMUNITY,
        "theme": "elderly_care",
        "urgency": "normal",
        "severity": 3,
        "score": 42,
        "score_parts": {"severity": 24, "urgency": 10, "vulnerability": 8},
        "due": "2026-03-02T09:00:00.123000Z",
        "place": {"lon": 116.34, "lat": 39.93},
        "beneficiaries": {"count": 1, "groups": ["elderly_80_plus"]},
        "lines": [],
        "volunteers": {
            "headcount": 2,
            "skills": [],
            "languages": [],
            "starts_at": "2026-03-02T02:00:00Z",
            "ends_at": "2026-03-02T03:00:00Z",
            "confirmed": 0,
        },
        "waiting": [],
        "channel": "unspecified",
        "timeline": [{"state": "draft", "at": "2026-03-02T01:00:00Z"}],
    }


NO_RICE = {"for_what": "l1", "reason": "no_rice", "next_step": "a_gift"}


def test_a_published_need_with_a_line_of_each_kind(stations: StationsInMemory):
    slot = {"starts_at": "2026-03-02T02:00:00Z", "ends_at": "2026-03-02T03:00:00Z"}
    need_id = stations.register(
        lines=LINES, volunteers={"headcount": 2, "skills": ["cooking"], "languages": ["cmn"], **slot}
    ).id
    missing = Waiting(for_what=reason("l1"), reason=reason("no_rice"), next_step=reason("a_gift"))
    stations.link(need_id, 1, 1, 0, 2, waiting=(missing,))
    stations.staff(need_id, 1, 1, "offered")

    assert as_sent(to_answer(stations.need(need_id))) == {
        "id": need_id,
        "version": 1,
        "state": "published",
        "station_id": stations.station_id,
        "area": COMMUNITY,
        "theme": "elderly_care",
        "urgency": "normal",
        "severity": 3,
        "score": 42,
        "score_parts": {"severity": 24, "urgency": 10, "vulnerability": 8},
        "due": "2026-03-02T09:00:00Z",
        "place": {"lon": 116.34, "lat": 39.93},
        "beneficiaries": {"count": 1, "groups": ["elderly_80_plus"]},
        "lines": [
            {"id": "l1", "kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece",
             "base_unit": "piece", "requested": 3,
             "committed": 1, "fulfilled": 0},
            {"id": "l2", "kind": "money", "amount_fen": 5000, "requested": 5000, "committed": 0, "fulfilled": 0},
            {"id": "l3", "kind": "service", "item": "counselling", "quantity": 2,
             "base_unit": "session", "requested": 2,
             "committed": 2, "fulfilled": 0},
        ],
        "volunteers": {"headcount": 2, "skills": ["cooking"], "languages": ["cmn"], **slot, "confirmed": 1},
        "waiting": [{name: {"code": code, "args": {}} for name, code in NO_RICE.items()}],
        "channel": "unspecified",
        "timeline": [
            {"state": "draft", "at": "2026-03-02T01:00:00Z"},
            {"state": "assessed", "at": "2026-03-02T01:00:00Z"},
            {"state": "published", "at": "2026-03-02T01:00:00Z"},
        ],
    }  # fmt: skip


def test_an_evaluated_need_without_volunteers(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.now += timedelta(minutes=5, microseconds=250)
    stations.engine.command(ConfirmNeed(need_id=need_id))

    assert as_sent(stations.engine.command(EvaluateNeed(need_id=need_id, rating=4))) == {
        "id": need_id,
        "version": 4,
        "state": "evaluated",
        "station_id": stations.station_id,
        "area": COMMUNITY,
        "theme": "elderly_care",
        "urgency": "normal",
        "severity": 3,
        "score": 42,
        "score_parts": {"severity": 24, "urgency": 10, "vulnerability": 8},
        "due": "2026-03-02T09:00:00Z",
        "place": {"lon": 116.34, "lat": 39.93},
        "beneficiaries": {"count": 1, "groups": ["elderly_80_plus"]},
        "lines": [
            {"id": "l1", "kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece",
             "base_unit": "piece", "requested": 3,
             "committed": 3, "fulfilled": 0},
            {"id": "l2", "kind": "money", "amount_fen": 5000, "requested": 5000, "committed": 5000, "fulfilled": 0},
        ],
        "volunteers": None,
        "waiting": [],
        "channel": "unspecified",
        "timeline": [
            {"state": "draft", "at": "2026-03-02T01:00:00Z"},
            {"state": "assessed", "at": "2026-03-02T01:00:00Z"},
            {"state": "published", "at": "2026-03-02T01:00:00Z"},
            {"state": "ready", "at": "2026-03-02T01:00:00Z"},
            {"state": "confirmed", "at": "2026-03-02T01:05:00Z"},  # as it was stored: in milliseconds
            {"state": "evaluated", "at": "2026-03-02T01:05:00.000250Z"},
        ],
        "rating": 4,
    }  # fmt: skip
