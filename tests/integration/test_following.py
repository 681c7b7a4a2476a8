"""The projectors on real servers: one sequencer writes the feed, and several workers share the views."""

import os
import signal

import pytest
from following_town import BACKLOG, Town, check_feed, events_of, load
from gateway_events import event_of

from services.gateway.declaration import FEATURES, Registry
from shared.engine.amqp.broker import Publisher, close_quietly, connect
from shared.engine.store.outbox import to_outgoing, to_rows

pytestmark = pytest.mark.integration


def test_two_projectors_share_the_partitions_and_the_last_one_takes_all(town: Town) -> None:
    town.start("one")
    town.send(5)
    town.wait(town.followed, "one follows alone")
    town.start("two")
    town.wait(lambda: sorted(town.holders().values()) == [8, 8], "they share")
    town.send(5)
    town.wait(town.followed, "both follow")
    town.kill("one", signal.SIGTERM)
    town.wait(lambda: list(town.holders().values()) == [16], "the other has all")
    town.send(5)
    town.wait(town.followed, "the other follows alone")
    check_feed(town)
    assert town.views() == town.expected()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_another_takes_over_when_the_sequencer_dies_or_stands_still_under_load(town: Town, end: signal.Signals) -> None:
    town.start("one")
    town.wait(lambda: town.database["leases"].find_one({"holder": {"$ne": ""}}), "one has the lease")
    first = town.sequencer()
    town.start("two")
    with load(town):
        town.wait(lambda: town.database["feed_head"].find_one({"last": {"$gt": 300}}), "the load is under way")
        os.kill(town.projectors["one"].pid, end)
        stopped = town.projectors.pop("one")
        town.wait(lambda: town.sequencer() not in {"", first}, "the other has the lease")
        before = (town.database["feed_head"].find_one() or {})["last"]
        town.wait(lambda: (town.database["feed_head"].find_one() or {})["last"] > before + 300, "it goes on")
        os.kill(stopped.pid, signal.SIGCONT)  # believes for a moment that it holds the lease
    town.wait(town.followed, "all is followed")
    stopped.kill()
    stopped.wait(20)
    check_feed(town)
    assert town.views() == town.expected()


@pytest.mark.parametrize("point", ["before_view_commit", "after_view_commit", "before_commit", "after_commit"])
def test_a_projector_that_dies_at_a_commit_goes_on_without_a_loss_or_a_repetition(town: Town, point: str) -> None:
    town.start("one", failpoints=f"{point}=kill@3")
    dying = town.projectors.pop("one")

    def is_dead() -> bool:
        if dying.poll() is None and town.behind() < BACKLOG:
            town.send()
        return dying.poll() is not None

    town.wait(is_dead, "it dies")
    town.let_leases_lapse()
    town.start("again")
    town.wait(town.followed, "all is followed")
    check_feed(town)
    assert town.views() == town.expected()


def test_a_view_that_cannot_be_changed_by_an_event_goes_on_without_it(town: Town) -> None:
    town.start("one")
    town.send()
    town.wait(town.followed, "all is followed")
    # As no release has stored it.
    town.database["needs@1"].update_one({"_id": "need_00001"}, {"$set": {"timeline": "not a list"}})
    again = events_of(1)[2]
    data = again.data.model_copy(update={"version": 2})
    connection = connect(town.room.amqp_uri, "a test's services")
    event = event_of(data, version=2, subject="need_00001", minutes=2)
    Publisher(connection).publish([to_outgoing(row) for row in to_rows([event])])
    close_quietly(connection)
    skip = town.wait(town.database["view_skips"].find_one, "it is skipped")
    assert (skip["lane"], skip["type"]) == ("needs@1", "charity.link.linked")
    Registry(town.database, FEATURES).rebuild("needs", by="a test")
    town.wait(lambda: town.state()["live"] == 2, "the repaired view is read")
    town.wait(lambda: town.views() == town.expected(), "every view shows every event")
