"""The users' passwords, a file each: `charity.amqp_password`, `charity.mongo_password`."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

AMQP: Final = "amqp_password"
MONGO: Final = "mongo_password"
BYTES: Final = 32
"""Random bytes of a password."""
MAX_BYTES: Final = 1024


class PasswordFileError(RuntimeError):
    """A file of a password is missing or cannot be used; the message names the file and the next step."""


def make_passwords(folder: Path, users: Iterable[str]) -> list[Path]:
    """Make the missing files, readable by their owner alone, and return them. A file that exists stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = (folder / f"{user}.{kind}" for user in users for kind in (AMQP, MONGO))
    return [path for path in wanted if _make_password(path)]


def read_password(folder: Path, user: str, kind: str) -> str:
    """Return the password of that user; `kind` is AMQP or MONGO. Raises PasswordFileError."""
    path = folder / f"{user}.{kind}"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise PasswordFileError(f"{path} is missing: make it with `lianshan access secrets {folder}`.") from None
    except (OSError, UnicodeDecodeError):
        raise PasswordFileError(f"{path} cannot be read as text: correct its mode, or make another.") from None
    if not text or len(text) > MAX_BYTES or not text.isprintable():
        raise PasswordFileError(f"{path} holds no password: one line of text; remove it and make another.")
    return text


def _make_password(path: Path) -> bool:
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(f"{secrets.token_urlsafe(BYTES)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # Unlike a rename, a link never overwrites: of two commands at once only one makes the password.
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
