"""Which events a service has not handled: exactly those, in whatever order it handled the others."""

from random import Random

import pytest

from deploy.lianshan.backup import backlog
from deploy.lianshan.backup.backlog import Walk, is_subscribed
from deploy.lianshan.backup.events import read_envelope


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
