"""The version of this release. It is written here because images hold the code without its package's metadata."""

from typing import Final

VERSION: Final = "0.3.0.dev0"
"""Major, minor and patch, as in pyproject.toml; between two releases that of the next one, with `.dev0`."""
