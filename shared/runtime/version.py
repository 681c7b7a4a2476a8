"""Which version of the package runs."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def package_version() -> str:
    """As installed; `unknown` where it runs without being installed."""
    try:
        return version("lianshan")
    except PackageNotFoundError:
        return "unknown"
