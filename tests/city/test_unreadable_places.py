"""An event of a stranger whose headers cannot be read has no place in the log: the reading goes on past it."""

from collections.abc import Sequence

import pytest

from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.event_log import LogPlace
from shared.engine.run.catch_up import CatchUp
from shared.runtime.clock import Clock
from tests.city.process import NOTHING

ASKED = LogPlace(5, "the place asked for")


class Reading:
    """Gives events whose first place is known only after `unreadable` batches."""

    def __init__(self, unreadable: int, found: LogPlace) -> None:
        self.place = ASKED
        self.first: LogPlace | None = None
        self._unreadable = unreadable
        self._found = found

    def take(self, _limit: int, _bytes: int, _wait: float) -> list[Delivery] | None:
        self._unreadable -= 1
        if self._unreadable < 0:
            self.first = self.first or self._found
        return [Delivery("boxes.events", 1, b"{}", {}, "boxes.box.filled", redelivered=False)]


def read(unreadable: int, found: LogPlace, monkeypatch: pytest.MonkeyPatch) -> Sequence[tuple[LogPlace, LogPlace]]:
    """The losses that are noted over three batches."""
    noted: list[tuple[LogPlace, LogPlace]] = []
    catch_up = CatchUp(NOTHING, NOTHING, NOTHING, Clock(), ahead=1)  # type: ignore[arg-type]
    monkeypatch.setattr(catch_up._positions, "note_loss", lambda wanted, first: noted.append((wanted, first)))
    catch_up._reader = Reading(unreadable, found)  # type: ignore[assignment]
    assert [len(catch_up._take()) for _ in range(3)] == [1, 1, 1]
    return noted


@pytest.mark.parametrize("unreadable", [0, 1, 2, 3])
def test_events_without_a_place_are_applied_and_no_loss(unreadable: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(unreadable, ASKED, monkeypatch) == []


@pytest.mark.parametrize("unreadable", [0, 1])
def test_a_log_that_does_not_reach_back_is_noted_once_a_place_is_known(
    unreadable: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = LogPlace(90, "the oldest that is left")
    assert read(unreadable, later, monkeypatch) == [(ASKED, later)]
