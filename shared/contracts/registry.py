"""The import of all contract modules, after which EVENTS, COMMANDS and QUERIES are complete."""

import importlib
from pathlib import Path
from typing import Final

SERVICES: Final = ("stations", "charity", "volunteering")
"""The services that have contracts; each is a package with one module a capability."""


def load_contracts() -> None:
    """Import every contract module. May be repeated at no cost: Python imports a module once."""
    for service in SERVICES:
        # By the files, so that a new module needs no entry anywhere.
        for file in sorted((Path(__file__).parent / service).glob("[a-z]*.py")):
            importlib.import_module(f"shared.contracts.{service}.{file.stem}")
    for module in ("access.owners", "access.sealed", "copies"):  # the queries that every service answers alike
        importlib.import_module(f"shared.contracts.{module}")
