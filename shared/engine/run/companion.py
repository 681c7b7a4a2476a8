"""Companions: work of a service that runs beside its loop, in a green thread of its own."""

from collections.abc import Callable
from typing import Protocol

from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.runtime.clock import Clock


class Companion(Protocol):
    """Work beside the loop: `run` until `stop`. A server that is away must not end it."""

    @property
    def name(self) -> str:
        """The name of its readiness check."""

    def run(self) -> None:
        """Work until stopped."""

    def stop(self) -> None:
        """Have `run` return after the work at hand."""

    def wake(self) -> None:
        """Note that the loop has just committed a batch."""

    def fault(self) -> str | None:
        """Return the reason why it is not ready, in words; None where it is."""


MakeCompanion = Callable[[Database[Document], Clock], Companion]
"""Makes a companion with the service's own database."""
