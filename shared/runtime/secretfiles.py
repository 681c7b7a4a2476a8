"""Settings from files: LIANSHAN_X_FILE names the file that holds LIANSHAN_X, as containers pass secrets."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "LIANSHAN_"
SUFFIX: Final = "_FILE"
MOST_BYTES: Final = 64 * 1024
"""Size of a file; a larger one is the wrong file."""


class SettingError(ValueError):
    """A setting cannot be used. One line: its variable, the rule and the remedy, never its value."""


def from_files(fields: Iterable[str], environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings that files hold, and the faults of the files; both by the name of the field.

    A field that is itself the path of a file cannot be given by a second file.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        if not field.endswith("_file") and (path := environment.get(file_variable(field))) is not None:
            try:
                values[field] = _read(field, path, environment)
            except SettingError as error:
                wrong[field] = str(error)
    return values, wrong


def variable(field: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{field.upper()}"


def file_variable(field: str) -> str:
    """Return the environment variable that names the file with a setting."""
    return variable(field) + SUFFIX


def named_file(field: str) -> Path | None:
    """Return the file that holds a setting, as the environment names it; None where it holds the value itself."""
    path = os.environ.get(file_variable(field))
    return Path(path) if path else None


def _read(field: str, path: str, environment: Mapping[str, str]) -> str:
    name = file_variable(field)
    if variable(field) in environment:
        raise SettingError(f"{name}: {variable(field)} is set, too; remove one of them")
    if not path:
        raise SettingError(f"{name}: names no file; give the path of a file that holds the value, or remove it")
    try:
        with Path(path).open("rb") as file:
            value = file.read(MOST_BYTES + 1)  # one byte more shows that the file is too large
        text = value.decode().strip()
    except OSError as error:
        raise SettingError(f"{name}: {path} cannot be read ({error.strerror}); name a file that can") from None
    except UnicodeDecodeError:
        raise SettingError(f"{name}: {path} is no text; put the value there, in UTF-8") from None
    if len(value) > MOST_BYTES:
        raise SettingError(f"{name}: {path} holds more than {MOST_BYTES} bytes; put the value there, and nothing else")
    if not text:
        raise SettingError(f"{name}: {path} is empty; put the value there")
    return text
