"""Rebuilds that meet trouble: a view that lacks an event is not read, and of several rebuilds the last one is."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from following_town import Town

from services.gateway.declaration import FEATURES, Registry

pytestmark = pytest.mark.integration
BETWEEN: Final = 0.3
"""Seconds between two times sixty events: 200 a second."""


@contextmanager
def moving(town: Town) -> Iterator[None]:
    """The feed moves on by 200 events a second until the block ends."""
    over = threading.Event()

    def keep_sending() -> None:
        while not over.wait(BETWEEN):
            town.send()

    thread = threading.Thread(target=keep_sending)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def furthest(town: Town, lane: str) -> int:
    return max((row["lanes"].get(lane, 0) for row in town.database["view_partitions"].find()), default=0)


def test_a_rebuild_that_lacks_an_event_is_not_read(town: Town) -> None:
    town.start("one")
    town.send(2)
    town.wait(town.followed, "all is followed")
    town.kill("one", signal.SIGTERM)
    registry = Registry(town.database, FEATURES)
    registry.rebuild("needs", by="a test")
    registry.keep()
    # As no release has stored it: the rebuild can apply no event of this need.
    town.database["needs@2"].insert_one({"_id": "need_00001", "version": 1, "timeline": "not a list"})
    town.start("two")
    town.send()
    town.wait(town.followed, "all is followed", 60)
    registry.keep()
    assert (town.state()["live"], town.state()["building"]) == (1, 2)
    assert town.database["view_skips"].count_documents({"lane": "needs@2"}) == 2
    registry.rebuild("needs", by="a test")
    town.wait(lambda: town.state()["live"] == 3, "the next one is read", 40)
    town.wait(lambda: town.views() == town.expected(), "every view shows every event")


def test_of_several_rebuilds_of_one_view_the_last_one_is_read(town: Town) -> None:
    town.start("one")
    town.send(40)
    town.wait(town.followed, "all is followed", 40)
    registry = Registry(town.database, FEATURES)
    with moving(town):
        registry.rebuild("needs", by="the first")
        town.wait(lambda: furthest(town, "needs@2") > 0, "the first is under way")
        threads = [threading.Thread(target=registry.rebuild, args=("needs",), kwargs={"by": f"{n}"}) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        town.wait(lambda: town.state()["live"] == 5, "the last one is read", 60)
    town.wait(town.followed, "all is followed", 40)

    def kept() -> set[str]:
        return {name for name in town.database.list_collection_names() if name.startswith("needs@")}

    town.wait(lambda: kept() == {f"needs@{town.state()['retired']}", "needs@5"}, "the others are gone")
    assert town.views() == town.views({"needs": town.state()["retired"]}) == town.expected()


def test_a_register_in_order_is_left_alone_until_it_changes(town: Town) -> None:
    keeper, other = Registry(town.database, FEATURES), Registry(town.database, FEATURES)
    keeper.prepare()

    def look() -> set[str]:
        keeper.states()
        keeper.keep_where_due()
        return set(town.database.list_collection_names())

    assert "needs@2" not in look() | look()
    assert keeper.states() is keeper.states(), "nothing has changed"
    town.database.create_collection("needs@9")
    assert "needs@9" in look(), "nothing was looked for"
    other.rebuild("needs", by="another process")
    assert "needs@2" in look(), "an empty feed has been followed at once"
    assert keeper.states()["needs"].live == 2
