"""Failpoints: named places where a fault test lets a process die. Off unless LIANSHAN_FAILPOINTS switches them on.

`after_commit=kill@20,before_ack=raise@7`: at its 20th passing of the first the process kills itself as `kill -9` would;
at the 7th passing of the second an error is raised there.
"""

import os
import signal
from typing import Final

NAMES: Final = frozenset(
    {
        "before_commit",
        "after_commit",
        "after_publish",
        "after_confirm",
        "before_ack",
        "during_retry",
        "during_sweep",
        "during_migration",
        "during_export",
        "before_view_commit",
        "after_view_commit",
    }
)
_armed: dict[str, tuple[str, int]] = {}
_passed: dict[str, int] = {}


class FailpointError(RuntimeError):
    """The error that an armed failpoint raises."""


def arm(plan: str) -> None:
    """Arm the failpoints of the plan and disarm all others. Raises ValueError for a malformed plan."""
    armed = {}
    for part in filter(None, (p.strip() for p in plan.split(","))):
        name, _, effect = part.partition("=")
        action, _, nth = effect.partition("@")
        if name not in NAMES or action not in {"kill", "raise"} or not (nth or "1").isdigit():
            raise ValueError(f"failpoint {part!r}: say NAME=kill@N or NAME=raise@N, NAME one of {sorted(NAMES)}")
        armed[name] = (action, int(nth or "1"))
    # Only now, so that a malformed plan changes nothing.
    _armed.clear()
    _passed.clear()
    _armed.update(armed)


def failpoint(name: str) -> None:
    """Mark a failpoint. Raises FailpointError, or ends the process, where a test has armed it."""
    if not _armed:  # always, outside of tests: the cost is this one look
        return
    action, nth = _armed.get(name, ("", 0))
    _passed[name] = _passed.get(name, 0) + 1
    if not action or _passed[name] != nth:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise FailpointError(f"failpoint {name}, passing {nth}")
