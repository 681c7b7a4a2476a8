"""Options that several commands share."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from shared.words import Language

Var = Annotated[
    Path | None, typer.Option("--var", help="The stack's data folder; by default LIANSHAN_VAR, else ./var.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
By = Annotated[str | None, typer.Option(help="Your name, for the record; by default the user of this system.")]
Lang = Annotated[
    Literal["en", "zh"] | None,
    typer.Option("--lang", help="The language of refusals and reasons; by default that of your locale, else en."),
]


def choose_language(given: "Language | None") -> "Language":
    """Return the given language, or that of the environment's locale."""
    from shared.words import language_of_environment  # noqa: PLC0415 - slow to import

    return given or language_of_environment(os.environ)
