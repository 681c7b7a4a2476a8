"""A view is rebuilt beside the live one, under load: equal to it, resumed when interrupted, never read half."""

import signal
import threading

import pytest
from following_town import Town, load, lowest

from services.gateway.declaration import FEATURES, Registry

pytestmark = pytest.mark.integration


def test_a_rebuild_under_load_equals_the_live_view_and_is_never_read_half(town: Town) -> None:
    town.start("one")
    town.start("two")
    town.send(20)
    town.wait(town.followed, "all is followed")
    least = town.sent
    seen: list[int] = []
    with load(town) as over:
        reader = threading.Thread(target=lambda: _read(town, over, seen))
        reader.start()
        for name in ("needs", "stock"):
            Registry(town.database, FEATURES).rebuild(name, by="a test")
        town.wait(lambda: town.state()["live"] == town.state("stock")["live"] == 2, "both are switched")
        # The last generation is kept up to date for readers who have not noticed yet.
        assert town.state()["retired"] == 1
    reader.join()
    town.wait(town.followed, "all is followed")
    assert seen == sorted(seen)
    assert seen[0] >= least
    assert town.views() == town.views({"needs": 1, "stock": 1}) == town.expected()
    assert set(town.database["needs@2"].index_information()) == set(town.database["needs@1"].index_information())


def test_a_rebuild_that_was_interrupted_goes_on_where_it_stood(town: Town) -> None:
    town.start("one")
    town.send(40)
    town.wait(town.followed, "all is followed")
    registry = Registry(town.database, FEATURES)
    registry.rebuild("needs", by="a test")
    town.wait(lambda: lowest(town, "needs@2") > 0, "the rebuild is under way")
    town.kill("one")
    stood = lowest(town, "needs@2")
    town.let_leases_lapse()
    town.start("one")
    town.wait(lambda: lowest(town, "needs@2") > 0, "it is there")
    assert lowest(town, "needs@2") >= stood
    town.wait(lambda: town.state()["live"] == 2, "it is switched")
    town.send()
    town.wait(town.followed, "all is followed")
    assert town.views() == town.expected()


def test_a_rebuild_that_is_abandoned_leaves_the_live_view_and_nothing_else(town: Town) -> None:
    town.start("one")
    town.send(40)
    town.wait(town.followed, "all is followed")
    registry = Registry(town.database, FEATURES)
    registry.rebuild("needs", by="a test")
    town.wait(lambda: "needs@2" in town.database.list_collection_names(), "it has begun")
    registry.abandon("needs")
    town.wait(lambda: "needs@2" not in town.database.list_collection_names(), "it is gone")
    town.send()
    town.wait(town.followed, "all is followed")
    assert town.views({"needs": 1}) == town.expected()


def test_a_view_that_is_new_in_a_release_is_built_from_the_events_so_far(town: Town) -> None:
    town.start("one")
    town.send(5)
    town.wait(town.followed, "all is followed")
    town.kill("one", signal.SIGTERM)
    # As a release without the view has left the store.
    town.database["views"].delete_one({"_id": "needs"})
    for collection in ("needs", "needs_counts"):
        town.database.drop_collection(f"{collection}@1")
    town.database["view_partitions"].update_many({}, {"$unset": {"lanes.needs@1": ""}})
    Registry(town.database, FEATURES).prepare()
    assert (town.state()["live"], town.state()["building"]) == (0, 1)
    town.start("one")
    town.wait(lambda: town.state()["live"] == 1, "it is read")
    town.wait(lambda: town.views() == town.expected(), "every view shows every event")


def _read(town: Town, over: threading.Event, seen: list[int]) -> None:
    while not over.wait(0.02):
        live = town.state()["live"]
        seen.append(town.database[f"needs@{live}"].count_documents({"seen": {"$gt": 0}}))
