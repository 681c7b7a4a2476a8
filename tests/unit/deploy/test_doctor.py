"""The doctor's findings from its observations."""

from typing import Any

import pytest
from pymongo import ASCENDING, IndexModel

from deploy.lianshan.doctor import webhooks
from deploy.lianshan.doctor.examination import CHECKS, guard
from deploy.lianshan.doctor.finding import Finding
from deploy.lianshan.doctor.indexes import declared_indexes, find_differences
from deploy.lianshan.doctor.servers import judge_room, judge_version
from deploy.lianshan.laws.streams import walk_side_by_side
from deploy.lianshan.stores import SERVICES
from services.gateway.declaration import WebhookReport
from shared.contracts.reasons import reason
from shared.words import Wording

EN = Wording("en")
MODELS = [
    IndexModel([("keys", ASCENDING)], unique=True, name="keys"),
    IndexModel([("at", ASCENDING)], expireAfterSeconds=60, name="forget"),
]
ID = {"name": "_id_", "key": {"_id": 1}}
KEYS = {"name": "keys", "key": {"keys": 1}, "unique": True}
FORGET = {"name": "forget", "key": {"at": 1}, "expireAfterSeconds": 60}


def found(*stands: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f.level, f.word(EN)[0]) for f in find_differences("charity.inbox", MODELS, stands)]


def test_indexes_as_declared_are_no_drift() -> None:
    assert found(ID, KEYS, FORGET) == []


@pytest.mark.parametrize(
    "index", [{**KEYS, "unique": False}, {**KEYS, "key": {"keys": -1}}, {**KEYS, "expireAfterSeconds": 5}]
)
def test_an_index_of_another_shape_is_drift(index: dict[str, Any]) -> None:
    assert found(ID, index, FORGET) == [("failed", "charity.inbox: the index keys is not as declared")]


def test_a_missing_index_fails_and_an_extra_one_warns() -> None:
    stands = (ID, KEYS, {"name": "mine", "key": {"x": 1}})
    assert found(*stands) == [
        ("failed", "charity.inbox lacks the index forget"),
        ("warning", "charity.inbox has the index mine, which no service declares"),
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_says_which_indexes_it_wants(service: str) -> None:
    assert {"inbox", "outbox", "timers"} <= declared_indexes(service).keys()


@pytest.mark.parametrize(
    ("said", "level"), [("3.10.8", "ok"), ("4.1.0", "ok"), ("3.9.29", "failed"), ("", "warning"), ("new", "warning")]
)
def test_versions_are_compared_as_numbers(said: str, level: str) -> None:
    assert judge_version("RabbitMQ", said, (3, 10)).level == level


@pytest.mark.parametrize(("free", "level"), [(50, "ok"), (10, "warning"), (3, "failed")])
def test_a_disk_that_fills_is_told_before_it_is_full(free: int, level: str) -> None:
    finding = judge_room("the disk", free, 100)
    assert finding.level == level
    assert bool(finding.word(EN)[1]) == (level != "ok")


def test_a_check_that_cannot_be_made_is_a_finding_and_hides_no_other() -> None:
    def unreachable() -> Any:
        yield Finding("disk", "ok", reason("accounts_safe"))
        raise OSError("gone")

    before, after = guard("disk", unreachable)
    assert (before.level, after.level) == ("ok", "failed")
    assert "gone" in after.word(EN)[0]
    assert len(CHECKS) == 23


def rows(*ids: str) -> list[dict[str, Any]]:
    return [{"_id": i} for i in ids]


def test_streams_are_walked_side_by_side_by_id() -> None:
    walked = list(walk_side_by_side(rows("a", "c"), rows("b", "c", "c"), rows()))
    a, b, c = {"_id": "a"}, {"_id": "b"}, {"_id": "c"}
    assert walked == [("a", [a, None, None]), ("b", [None, b, None]), ("c", [c, c, None])]


def test_a_finding_is_printed_with_its_codes_and_its_sentences_in_one_language() -> None:
    (missing,) = find_differences("charity.inbox", MODELS[:1], [ID])
    shown = missing.to_json(Wording("zh"))
    assert (shown["code"], shown["next_code"]) == ("index_missing", "restart_for_index")
    assert (shown["text"], shown["next"]) == ("charity.inbox 缺少索引 keys", "重启 charity：启动时会创建索引")


def test_every_check_has_its_name_in_both_languages() -> None:
    for name in (*CHECKS, "laws"):
        assert Wording("zh").term("check", name) != name


@pytest.mark.parametrize(
    ("report", "findings"),
    [
        (WebhookReport(active=3, unheld=0, failing=0, stopped=0, late={}), [("ok", "all 3 follow the feed")]),
        (
            WebhookReport(active=3, unheld=2, failing=1, stopped=1, late={"webhook_1": 6_000}),
            [
                ("failed", "2 active webhooks have no worker: their endpoints get no events"),
                ("failed", "webhook webhook_1 is 6000 events behind the feed although its endpoint takes messages"),
                ("warning", "the endpoints of 1 webhooks have taken no message for an hour"),
                ("warning", "1 webhooks have stopped by themselves and wait for their owners"),
            ],
        ),
    ],
)
def test_webhooks_that_nobody_delivers_or_that_are_late_fail_and_those_of_broken_endpoints_warn(
    report: WebhookReport, findings: list[tuple[str, str]]
) -> None:
    assert [(found.level, found.word(EN)[0]) for found in webhooks.judge(report)] == findings
