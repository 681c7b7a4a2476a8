"""Waits for things to come true, and tells what is heard meanwhile."""

import time
from collections.abc import Callable
from typing import Final

from deploy.lianshan.demo.listening import Heard, Listener
from deploy.lianshan.demo.show import Stage
from deploy.lianshan.demo.story import Day
from deploy.lianshan.demo.words import tell
from shared.contracts import EventData

TICK: Final = 0.01
PATIENCE: Final = 20.0
"""Seconds that anything in the demo may take; nothing should need one."""


class StuckError(RuntimeError):
    """Something did not come true in time."""


class Watch:
    """Reads what the listener heard into the day and onto the stage."""

    def __init__(self, listener: Listener, day: Day, stage: Stage) -> None:
        self._listener = listener
        self._day = day
        self._stage = stage
        self.meanwhile: Callable[[], None] = lambda: None
        """Done after each look: people who answer what they are asked."""

    def look(self) -> None:
        """Take in and tell what has arrived by now."""
        for heard in self._listener.heard():
            if self._day.hear(heard):
                self._tell(heard)

    def until(self, what: str, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Look until it is true. Raises StuckError with `what` when it takes too long."""
        end_at = time.monotonic() + seconds
        while True:
            self.look()
            if condition():
                return
            self.meanwhile()
            if self._listener.lost:
                raise StuckError(f"the event connection was lost: {self._listener.lost}")
            if time.monotonic() > end_at:
                raise StuckError(f"{what} did not happen within {seconds:g} s")
            time.sleep(TICK)

    def _tell(self, heard: Heard) -> None:
        data = heard.event.data
        line = tell(data) if isinstance(data, EventData) else None
        if line is None:
            return
        story = self._day.about(data)
        speaker = heard.event.type.partition(".")[0]
        self._stage.line(heard.arrived, speaker, story.role.short if story else "", line)
