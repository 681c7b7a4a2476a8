"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Var = Annotated[
    Path | None, typer.Option("--var", help="The stack's data folder; by default LIANSHAN_VAR, else ./var.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
By = Annotated[str | None, typer.Option(help="Your name, for the record; by default the user of this system.")]
