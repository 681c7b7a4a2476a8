"""A message that ends its process harms no other: its neighbours are done, and it is parked unopened, by name."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from amqp_stranger import Stranger, fill, linked
from engine_support import Room, until
from failed_messages import content, dead
from service_processes import ServiceProcess, start_module

from shared.engine.run.suspects import DEATHS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
SECONDS = 180.0


class Supervised:
    """Replicas that are started again whenever they end, as a supervisor does."""

    def __init__(self, here: Room) -> None:
        self._environment = {**here.isolated.environment, "LIANSHAN_PREFETCH": "1000"}
        self._here = here
        self._ended = threading.Event()
        self.deaths = 0
        self._process = self._start()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _start(self) -> ServiceProcess:
        return start_module("poison_service", self._environment, Path(os.devnull))

    def _watch(self) -> None:
        while not self._ended.is_set():
            code = self._process.wait()
            if not self._ended.is_set():
                self.deaths += code == 9
                self._here.let_leases_lapse()
                self._process = self._start()

    def stop(self) -> None:
        """End it for good."""
        self._ended.set()
        self._process.kill()
        self._watching.join(20)


@contextmanager
def supervised(here: Room) -> Iterator[Supervised]:
    running = Supervised(here)
    try:
        yield running
    finally:
        running.stop()


def test_its_neighbours_are_done_and_it_is_parked_unopened(here: Room, stranger: Stranger):
    for n in range(300):
        stranger.event(linked("poison" if n == 150 else f"box-{n}"))
    with supervised(here) as running:
        until(lambda: len(here.amounts()) == 299, "every neighbour to be done", SECONDS)
        until(lambda: dead(here.database), "the poison to be parked", SECONDS)
        (letter,) = dead(here.database, "stations.events")
        assert letter["history"][-1]["code"] == "process_died"
        assert letter["id"] == "/charity/link#poison.1.0"
        assert b"poison" in content(letter, here.vault).body
        assert running.deaths <= 7 + DEATHS
        until(lambda: stranger.depth("stations.events") == 0, "an empty queue")
        until(
            lambda: here.database["started"].count_documents({}) == 0, "no trace of those that were innocent", SECONDS
        )
    assert set(here.amounts().values()) == {1}


def test_a_command_that_ends_its_process_is_refused_by_name(here: Room, stranger: Stranger):
    with supervised(here):
        others = [stranger.command(fill(f"box-{n}")) for n in range(20)]
        correlation = stranger.command(fill("poison"), key="fatal")
        assert stranger.answer(correlation, SECONDS)["error"]["rule"] == "process_ended"
        assert all("ok" in stranger.answer(one, SECONDS) for one in others)
        (letter,) = until(lambda: dead(here.database, "stations.commands"), "it to be parked")
        assert letter["id"] == "fatal"


def test_one_that_an_operator_sends_back_and_that_is_still_fatal_is_parked_again(here: Room, stranger: Stranger):
    stranger.event(linked("poison"))
    with supervised(here):
        until(lambda: dead(here.database), "the poison to be parked", SECONDS)
        due = [{"$set": {"due": "$$NOW", "tries": 0, "history": []}}, {"$unset": "dead"}]
        here.database["letters"].update_one({}, due)
        until(lambda: not dead(here.database), "the operator's try")
        stranger.event(linked("red"))
        until(lambda: here.amounts() == {"red": 1}, "the next message", SECONDS)
        until(lambda: dead(here.database), "it to be parked again", SECONDS)


def test_a_long_outage_of_the_store_parks_nothing(here: Room, stranger: Stranger):
    """Connections break again and again while the store is away: messages come again, and none has ended a process."""
    for n in range(40):
        stranger.event(linked(f"box-{n}"))
    for _ in range(8):
        until(lambda: stranger.depth("stations.events") == 40, "all of them in the queue")
        with stranger.connection.channel() as channel:
            channel.basic_qos(0, 100, a_global=False)
            taken = [channel.basic_get("stations.events") for _ in range(40)]
            assert all(taken)
    here.start()
    until(lambda: len(here.amounts()) == 40, "all of them to be done", SECONDS)
    assert dead(here.database) == []
