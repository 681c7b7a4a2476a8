"""Every message of the platform, imported: EVENTS and COMMANDS then hold all there is."""

import importlib
from pathlib import Path
from typing import Final

SPEAKERS: Final = ("stations", "charity", "volunteering")
"""The services that have contracts; each is a package with one module a capability."""


def load_contracts() -> None:
    """Import each module of each service's contracts, so that EVENTS and COMMANDS are complete."""
    for speaker in SPEAKERS:
        for module in sorted((Path(__file__).parent / speaker).glob("[a-z]*.py")):
            importlib.import_module(f"shared.contracts.{speaker}.{module.stem}")
