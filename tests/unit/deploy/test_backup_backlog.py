"""The events that a service has not handled: exactly those, in any order of the others."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from deploy.lianshan.backup import backlog
from deploy.lianshan.backup.backlog import SAFETY, Walk, find_start, is_subscribed
from deploy.lianshan.backup.events import read_envelope
from shared.engine.store.collections import INBOX_KEEPS


def walk(feed: list[str], inbox: list[str]) -> list[str]:
    walking = Walk(iter(inbox))
    for key in feed:
        walking.expect(key, {"i": key})
    return list(walking.finish())


@pytest.mark.parametrize("ahead", [1, 7, 50_000])
def test_exactly_what_was_not_handled_is_found(monkeypatch: pytest.MonkeyPatch, ahead: int):
    monkeypatch.setattr(backlog, "AHEAD", ahead)
    for seed in range(30):
        random = Random(seed)
        feed = [f"/stations/need#{n}" for n in range(200)]
        lost = set(random.sample(feed, 9))
        inbox = sorted((key for key in feed if key not in lost), key=lambda key: int(key[15:]) + random.random() * 40)
        more = [f"/stations/need#later{n}" for n in range(20)]
        assert set(walk(feed, [*inbox, *more])) == lost


def test_a_service_is_brought_only_what_its_queue_would_have_held():
    assert is_subscribed("charity", "stations.need.published")
    assert not is_subscribed("charity", "stations.need.ready")
    assert is_subscribed("gateway", "anything.at.all")


def test_what_is_no_event_is_passed_over():
    assert read_envelope(b"\xff") is None
    assert read_envelope(b'{"id": 1}') is None


NOW = datetime(2030, 2, 1, tzinfo=UTC)
KEPT = timedelta(days=7)


class Inbox:
    """The latest rows of an inbox."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)

    def __getitem__(self, _: str) -> "Inbox":
        return self

    def find(self, *_: object) -> "Inbox":
        return self

    sort = limit = find

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)


def row(at: datetime, **since: datetime) -> dict[str, Any]:
    return {"at": at, "until": at + KEPT, **since}


def start_of(*rows: dict[str, Any]) -> timedelta:
    """How long before the backup the walk begins."""
    return NOW - find_start(Inbox(*rows), NOW)  # type: ignore[arg-type]


def test_a_service_that_keeps_up_is_compared_as_far_back_as_its_inbox_knows():
    assert start_of(row(NOW, since=NOW)) == KEPT - SAFETY


def test_a_service_that_was_away_or_is_catching_up_is_compared_from_where_it_stands():
    away = NOW - timedelta(days=6, hours=20)
    assert start_of(row(away, since=away)) == NOW - away + SAFETY
    assert start_of(row(NOW, since=NOW - timedelta(days=20)), row(NOW)) == timedelta(days=20) + SAFETY


def test_a_service_of_which_nothing_is_known_any_more_may_lack_all():
    assert start_of() == INBOX_KEEPS - SAFETY
