"""A program that the supervisor runs: a name, a command line, an environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class MissingProgramError(RuntimeError):
    """A program that the stack needs is not installed; the message says how to install it."""


@dataclass(frozen=True)
class Program:
    """One process to keep running. `ready_url` answers 200 once it can do its work; servers have none.

    `stop_seconds` is the time it may take after SIGTERM before it is killed.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    ready_url: str | None = None
    stop_seconds: float = 25.0
