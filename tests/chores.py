"""Work that no test waits for: a test's room is cleared, and the next one's is prepared, while others run."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

T = TypeVar("T")
FINISH_SECONDS = 120.0


class Chores:
    """Work done in two threads; `finish` waits for all of it and raises the failures."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, "chores")
        self._given: list[Future[Any]] = []

    def later(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Start the work; the future that this returns has its result."""
        given = self._threads.submit(work, *arguments)
        self._given.append(given)
        return given

    def finish(self, seconds: float = FINISH_SECONDS) -> None:
        """Wait for all. Raises TimeoutError, or the errors of those that failed."""
        _, undone = wait(self._given, seconds)
        self._threads.shutdown(wait=not undone, cancel_futures=True)
        if undone:
            raise TimeoutError(f"{len(undone)} rooms were not cleared in {seconds:g} s")
        ended = [given for given in self._given if not given.cancelled()]
        if failed := [error for given in ended if isinstance(error := given.exception(), Exception)]:
            raise ExceptionGroup("rooms could not be prepared or cleared", failed)
