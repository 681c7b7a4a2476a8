"""What ends a process at its start."""


class CannotStartError(RuntimeError):
    """Something outside is not as the process needs it: its setting, what is wrong, what to do, in one line."""
