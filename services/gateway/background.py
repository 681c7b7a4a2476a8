"""The background tasks of the API's process, and their certain end."""

import asyncio
from contextlib import suppress
from typing import Any, Final

END_SECONDS: Final = 1.0
"""How long one cancellation may take to be heard."""
TRIES: Final = 20


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel the task and wait for its end, TRIES seconds at most. Raises the error that it has ended with."""
    for _ in range(TRIES):
        task.cancel()
        # Again and again: PyMongo takes a cancellation for a failed try while it looks for a server that is away.
        await asyncio.wait((task,), timeout=END_SECONDS)
        if task.done():
            with suppress(asyncio.CancelledError):
                await task
            return
