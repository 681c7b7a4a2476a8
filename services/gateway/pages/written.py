"""The large documents about the API, each written once in the life of a process."""

import asyncio
import json
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from services.gateway.pages.document import write
from services.gateway.pages.reference import describe_page

Made = TypeVar("Made")
_MAKING: Final = Lock()
"""One is made at a time: each takes the processor for seconds, which the requests of others need as well."""


class SharedMaking(Generic[Made]):
    """Makes a value in a thread when it is first asked for, and gives it to all who ask meanwhile and later."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._making: asyncio.Task[Made] | None = None

    async def get(self) -> Made:
        """Return the value. Raises as the making did; the next who asks lets it be made again."""
        if self._making is None or _failed(self._making):
            self._making = asyncio.create_task(asyncio.to_thread(self._make_alone))
        # A caller who goes away does not end it for the others.
        return await asyncio.shield(self._making)

    def _make_alone(self) -> Made:
        with _MAKING:
            return self._make()


class WrittenDocuments:
    """The description as Python's values, for programs (`text`) and for people (`page`), and that of the events."""

    def __init__(self, describe: Callable[[], dict[str, Any]], write_events: Callable[[], bytes]) -> None:
        self.description = SharedMaking(describe)
        self.text = SharedMaking(lambda: _write_text(describe()))
        self.page = SharedMaking(lambda: _write_page(describe()))
        self.events = SharedMaking(write_events)


def _failed(making: asyncio.Task[Any]) -> bool:
    return making.done() and (making.cancelled() or making.exception() is not None)


def _write_text(described: dict[str, Any]) -> bytes:
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()


def _write_page(described: dict[str, Any]) -> bytes:
    return write(f"{described['info']['title']} {described['info']['version']}", describe_page(described)).encode()
