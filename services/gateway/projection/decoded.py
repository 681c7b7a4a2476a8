"""Events that this process has decoded for the feed, kept until it makes views of them: so each is decoded once."""

from typing import Final

from shared.contracts import CloudEvent

MOST_CHARACTERS: Final = 1_000_000
"""Of all texts together: about eight hundred events. One that is dropped is decoded again."""


class Decoded:
    """Events by their text, so that an entry is true whether or not its batch was committed."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._events: dict[str, CloudEvent] = {}
        self._characters = 0

    def keep(self, text: str, event: CloudEvent) -> None:
        """Keep the event of that text; the oldest ones go where there are more than the limit."""
        if text not in self._events:
            self._characters += len(text)
        self._events[text] = event
        while self._characters > self._most:
            self.take(next(iter(self._events)))

    def take(self, text: str) -> CloudEvent | None:
        """Return the event of that text and forget it; None where it is not kept."""
        event = self._events.pop(text, None)
        if event is not None:
            self._characters -= len(text)
        return event


DECODED: Final = Decoded()
