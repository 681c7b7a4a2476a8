"""The users' passwords, a file each: `charity.amqp_password`, `charity.mongo_password`."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

AMQP: Final = "amqp_password"
MONGO: Final = "mongo_password"
BYTES: Final = 32
MOST_BYTES: Final = 1024


class PasswordFileError(RuntimeError):
    """A file of a password that is missing or cannot be used; says what to do."""


def make(folder: Path, users: Iterable[str]) -> list[Path]:
    """Make those that are missing, readable by their owner alone; gives them. What is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = (folder / f"{user}.{kind}" for user in users for kind in (AMQP, MONGO))
    return [path for path in wanted if _make(path)]


def read(folder: Path, user: str, kind: str) -> str:
    """The password of that user. Raises PasswordFileError."""
    path = folder / f"{user}.{kind}"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise PasswordFileError(f"{path} is missing: make it with `lianshan access secrets {folder}`.") from None
    except (OSError, UnicodeDecodeError):
        raise PasswordFileError(f"{path} cannot be read as text: correct its mode, or make it anew.") from None
    if not text or len(text) > MOST_BYTES or not text.isprintable():
        raise PasswordFileError(f"{path} holds no password: one line of text; remove it and make it anew.")
    return text


def _make(path: Path) -> bool:
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(f"{secrets.token_urlsafe(BYTES)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename, it never overwrites
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
