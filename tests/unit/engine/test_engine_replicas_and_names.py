"""Replicas of a service know how many they are, and a thing is found by the name that its principal has given it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.engine.store.external_ids import find_named, find_names
from shared.engine.store.replicas import GONE_SECONDS, MOST, REPLICAS, Replicas, Share
from tests.city.prepared import PreparedDatabase

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def database() -> Any:
    return PreparedDatabase()


# ---- replicas --------------------------------------------------------------------------------------------------


class Town:
    """Replicas of one service beside a store whose clock is `AT` and more."""

    def __init__(self, number: int) -> None:
        self.database: Any = PreparedDatabase()
        self.now = 100.0
        self.database.memory.now = lambda: datetime.fromtimestamp(AT.timestamp() + self.now, UTC)
        self.shares = [Share() for _ in range(number)]
        self.all = [Replicas(self.database, share, lambda: self.now) for share in self.shares]

    def look(self, *those: int) -> list[tuple[int, int]]:
        for _ in range(2):
            self.now += 2.0
            for nth in those:
                self.all[nth].refresh()
        return sorted(self.shares[nth].part for nth in those)


def test_replicas_divide_what_there_is_and_close_up_when_one_leaves_or_falls_silent():
    town = Town(3)
    assert Share().part == (0, 1)
    assert town.look(0) == [(0, 1)]
    assert town.look(0, 1, 2) == [(0, 3), (1, 3), (2, 3)]
    town.all[1].leave()
    assert town.look(0, 2) == [(0, 2), (1, 2)]
    town.now += GONE_SECONDS - 4
    town.look(0)
    assert town.shares[0].count == 2, "seven seconds are not too long"
    assert town.look(0) == [(0, 1)]


def test_a_replica_writes_every_two_seconds_at_most():
    town = Town(1)
    town.look(0)
    (before,) = town.database[REPLICAS].find({})
    town.now += 1.9
    town.all[0].refresh()
    assert list(town.database[REPLICAS].find({})) == [before]
    town.all[0].leave()
    assert list(town.database[REPLICAS].find({})) == []
    town.all[0].refresh()
    assert len(list(town.database[REPLICAS].find({}))) == 1, "one that comes back does so at once"


def test_no_more_than_32_are_counted_and_one_beyond_them_works_as_if_alone():
    town = Town(1)
    here = town.database.memory.now()
    town.database[REPLICAS].insert_many({"_id": f"{n:02}", "at": here} for n in reversed(range(MOST)))
    town.all[0]._id = "zz"
    town.look(0)
    assert town.shares[0].part == (0, 1)
    town.all[0]._id = "00"
    town.now += 2
    town.all[0].refresh()
    assert town.shares[0].part == (0, MOST)


# ---- external ids ----------------------------------------------------------------------------------------------


class Clear:
    """A vault that hides nothing."""

    def blind(self, text: str) -> str:
        return text

    def seal(self, text: str, *_: str) -> str:
        return text


def test_a_thing_is_found_by_its_principals_name_alone(database: Any):
    names = database["external_ids"]
    names.insert_one(
        {"_id": "p\nneed\ncase 7", "principal": "p", "kind": "need", "about": "need_1", "sealed": "case 7"}
    )
    assert find_named(database, Clear(), "p", "need", "case 7") == "need_1"
    for other in (("q", "need", "case 7"), ("p", "fund", "case 7"), ("p", "need", "case 8")):
        assert find_named(database, Clear(), *other) is None


def test_names_are_shown_to_the_principal_that_gave_them(database: Any):
    names = database["external_ids"]
    for number in (1, 2):
        names.insert_one({"_id": f"k{number}", "principal": "p", "about": f"need_{number}", "sealed": f"s{number}"})
    names.insert_one({"_id": "k9", "principal": "q", "about": "need_1", "sealed": "hidden"})
    found, used = find_names(database, "p", ["need_1", "need_3"])
    assert (used, [(row["about"], row["sealed"]) for row in found]) == (True, [("need_1", "s1")])
    assert find_names(database, "p", []) == ([], True), "it names things, though none of these"
    assert find_names(database, "r", ["need_1"]) == ([], False)
