"""The version of the installed package."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def package_version() -> str:
    """Return the version as installed; `unknown` where the code runs without being installed."""
    try:
        return version("lianshan")
    except PackageNotFoundError:
        return "unknown"
