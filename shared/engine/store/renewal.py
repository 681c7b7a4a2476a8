"""The renewal of a lease beside work that takes longer than the lease."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from pymongo.errors import PyMongoError


@contextmanager
def renewed_beside(renew: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call `renew` in a thread of its own after each so many seconds, until the block ends.

    A renewal that the store refuses comes again with the next one. One that is under way at the end is waited for, as
    long as the time between two at most.
    """
    ended = Event()

    def keep() -> None:
        while not ended.wait(seconds):
            with suppress(PyMongoError):
                renew()

    thread = Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(seconds)
