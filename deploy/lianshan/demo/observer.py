"""The observer: waits for conditions, and meanwhile notes and prints the events that arrive."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from deploy.lianshan.demo.event_lines import describe_event
from deploy.lianshan.demo.listener import Listener, Received
from deploy.lianshan.demo.observations import Day
from deploy.lianshan.demo.transcript import Transcript
from shared.contracts import EventData

TICK: Final = 0.01
PATIENCE: Final = 20.0
"""Seconds that any step of the demo may take; none should need one."""


class StuckError(RuntimeError):
    """A condition did not hold in time."""


class Observer:
    """Reads the listener's events into the observations of the day and into the transcript."""

    def __init__(self, listener: Listener, day: Day, transcript: Transcript) -> None:
        self._listener = listener
        self._day = day
        self._transcript = transcript
        self.meanwhile: Callable[[], None] = lambda: None
        """Called after each look: volunteers answer the offers that have come."""

    def observe(self) -> None:
        """Take over and print the events that have arrived."""
        for received in self._listener.receive():
            if self._day.take(received):
                self._print(received)

    def wait_until(
        self,
        step: str,
        condition: Callable[[], bool],
        seconds: float = PATIENCE,
        named: Mapping[str, str] | None = None,
    ) -> None:
        """Observe until the condition holds.

        Raises StuckError when it takes too long, with the words for the code `step` and its values `named`.
        """
        words = self._transcript.words
        end_at = time.monotonic() + seconds
        while True:
            self.observe()
            if condition():
                return
            self.meanwhile()
            # Without events nothing would ever change here, and the wait would blame the step.
            if self._listener.lost:
                raise StuckError(words.say("connection_lost", error=self._listener.lost))
            if time.monotonic() > end_at:
                raise StuckError(words.say("stuck", step=words.say(step, **(named or {})), seconds=f"{seconds:g}"))
            time.sleep(TICK)

    def _print(self, received: Received) -> None:
        data, words = received.event.data, self._transcript.words
        line = describe_event(data, words) if isinstance(data, EventData) else None
        if line is None:
            return
        observed = self._day.about(data)
        service = received.event.type.partition(".")[0]
        need = observed.scripted.short.of(words.language) if observed else ""
        self._transcript.add_line(received.arrived, service, need, line)
