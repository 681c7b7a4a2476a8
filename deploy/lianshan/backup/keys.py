"""What a backup can only be used with, kept in a file apart from it: the data key and the administrator's key.

Who has both files reads the personal data; who has the backup alone does not.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.local.folder import Folder, read_json, write_json
from deploy.lianshan.local.services import admin_key_file
from shared.runtime.settings import ServerSettings, load
from shared.runtime.vault import Vault

SUFFIX: Final = ".keys"
DATA_KEY: Final = "LIANSHAN_DATA_KEY"


class _Told(ServerSettings):
    """What the environment says, itself or by a file."""

    data_key: str = Field(default="", repr=False)


@dataclass(frozen=True)
class Keys:
    """Either may be unknown here: then whoever runs the services has it."""

    data_key: str = ""
    """In base64, as LIANSHAN_DATA_KEY."""
    admin_key: str = ""

    @classmethod
    def of_stack(cls, folder: Folder) -> "Keys":
        """Those of the stack in that folder; LIANSHAN_DATA_KEY counts before the folder's own, as with `up`."""
        kept = read_json(folder.root / "secrets.json") or {}
        data_key = load(_Told).data_key or str(kept.get("data_key", ""))
        path = admin_key_file(folder)
        return cls(data_key, path.read_text(encoding="ascii").strip() if path.is_file() else "")

    @classmethod
    def of_file(cls, path: Path) -> "Keys":
        """As `save` wrote them. Raises RestoreFailedError."""
        found: Any = read_json(path)
        if not isinstance(found, dict) or not isinstance(found.get("data_key"), str):
            raise RestoreFailedError(f"{path} holds no keys: name the file that was written with the backup.")
        return cls(found["data_key"], str(found.get("admin_key", "")))

    def save(self, path: Path) -> None:
        """Readable by the owner only."""
        write_json(path, {"data_key": self.data_key, "admin_key": self.admin_key})

    @property
    def data_key_id(self) -> str:
        """As sealed data names it; empty where there is no key, or it is none."""
        try:
            return Vault(base64.b64decode(self.data_key, validate=True)).key_id
        except (ValueError, binascii.Error):
            return ""

    def opens(self, wanted: Iterable[str]) -> bool:
        """Whether everything that was sealed with one of these can be read."""
        return set(wanted) <= {self.data_key_id}


def beside(backup: Path) -> Path:
    """Where a backup's keys are written, and looked for."""
    return backup.with_name(backup.name + SUFFIX)


def keys_for(wanted: list[str], backup: Path, given: Path | None, folder: Folder) -> Keys:
    """The keys to restore with: of the file given, else of the one beside the backup, else of the stack itself.

    Raises RestoreFailedError where they do not open what the backup holds.
    """
    path = given or beside(backup)
    if given is not None or path.is_file():
        keys, source = Keys.of_file(path), str(path)
    else:
        keys, source = Keys.of_stack(folder), f"{DATA_KEY} or {folder.root / 'secrets.json'}"
    if own := load(_Told).data_key:
        keys, source = Keys(own, keys.admin_key), DATA_KEY
    if not keys.opens(wanted):
        raise RestoreFailedError(
            f"The personal data in it is sealed with data key {', '.join(wanted)}, and {source} has "
            f"{keys.data_key_id or 'none'}: name the file that was written with it by --keys, or set {DATA_KEY}."
        )
    return keys
