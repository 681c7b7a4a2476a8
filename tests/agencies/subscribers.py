"""The readers of docs/agencies.md, as an agency would start them."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "agencies.md"
SECONDS: Final = 60


def find_code(language: str) -> str:
    """Return the reader in that language, as the page has it."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def read_line(command: Sequence[str], url: str, queue: str, folder: Path) -> str:
    """Start the reader, return the first line that it prints, and end it. AssertionError where it prints none."""
    environment = {**os.environ, "AMQP_URL": url, "AMQP_QUEUE": queue}
    limited = ["/usr/bin/timeout", str(SECONDS), *command]
    with (
        (folder / "errors").open("w+") as errors,
        Popen(limited, env=environment, cwd=folder, stdout=PIPE, stderr=errors, text=True) as reader,
    ):
        line = reader.stdout.readline() if reader.stdout is not None else ""
        reader.terminate()
        errors.seek(0)
        assert line, errors.read()
    return line
