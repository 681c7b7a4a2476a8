"""The error that ends a process at its start."""


class CannotStartError(RuntimeError):
    """A server or port is not as the process needs it. One line: the setting, the fault, the remedy."""


class ClockError(ValueError):
    """The city's clock cannot be moved like that; the text names the rule."""
