"""The keys of a backup, kept in a file apart from it: the data key, the administrator's key, and that of webhooks.

With both files one can read the personal data, with the backup alone one cannot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import Field

from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.local.folder import Folder, read_json, write_json
from deploy.lianshan.local.services import admin_key_file
from shared.runtime.keyring import parse_ring
from shared.runtime.settings import ServerSettings, load
from shared.runtime.vault import Vault

SUFFIX: Final = ".keys"
DATA_KEY: Final = "LIANSHAN_DATA_KEY"


class _KeySettings(ServerSettings):
    """The keys of the environment, each in the variable itself or in the file that it names."""

    data_key: str = Field(default="", repr=False)
    webhook_key: str = Field(default="", repr=False)


@dataclass(frozen=True)
class Keys:
    """The keys; each may be unknown here and kept elsewhere: empty."""

    data_key: str = ""
    """The key ring, as LIANSHAN_DATA_KEY."""
    admin_key: str = ""
    webhook_key: str = ""

    @classmethod
    def of_stack(cls, folder: Folder) -> "Keys":
        """Return the keys of the folder's stack; LIANSHAN_DATA_KEY counts before the folder's own, as with `up`."""
        data_key = load(_KeySettings).data_key or folder.find_data_key()
        path = admin_key_file(folder)
        webhook_key = load(_KeySettings).webhook_key or folder.find_webhook_key()
        return cls(data_key, path.read_text(encoding="ascii").strip() if path.is_file() else "", webhook_key)

    @classmethod
    def of_file(cls, path: Path) -> "Keys":
        """Return the keys that `save` wrote to the file. Raises RestoreFailedError."""
        found: object = read_json(path)
        if not isinstance(found, dict) or not isinstance(found.get("data_key"), str):
            raise RestoreFailedError(f"{path} holds no keys: name the file that was written with the backup.")
        return cls(found["data_key"], str(found.get("admin_key", "")), str(found.get("webhook_key", "")))

    def save(self, path: Path) -> None:
        """Write them to a file that only its owner can read."""
        kept = {"data_key": self.data_key, "admin_key": self.admin_key, "webhook_key": self.webhook_key}
        write_json(path, kept)

    @property
    def data_key_ids(self) -> tuple[str, ...]:
        """Return the ids by which sealed data names the keys; none where there is no ring or it is malformed."""
        return () if (vault := self.vault) is None else vault.ring.ids

    @property
    def vault(self) -> Vault | None:
        """Return the vault of the key ring; None where there is no ring or it is malformed."""
        try:
            return Vault(parse_ring(self.data_key))
        except ValueError:
            return None

    def opens(self, wanted: Iterable[str]) -> bool:
        """Return whether the data key opens everything that was sealed with the keys of these ids."""
        return set(wanted) <= set(self.data_key_ids)


def keys_file_of(backup: Path) -> Path:
    """Return the file beside a backup in which its keys are kept, unless another is named."""
    return backup.with_name(backup.name + SUFFIX)


def find_keys(wanted: list[str], backup: Path, given: Path | None, folder: Folder) -> Keys:
    """Return the keys to restore with: of the file given, else of the one beside the backup, else of the stack itself.

    `wanted` are the ids of the data keys that the backup was sealed with. Raises RestoreFailedError where the keys do
    not open it.
    """
    path = given or keys_file_of(backup)
    if given is not None or path.is_file():
        keys, source = Keys.of_file(path), str(path)
    else:
        keys, source = Keys.of_stack(folder), f"{DATA_KEY} or {folder.secrets_file}"
    # The services use the environment's key even where a file holds another, so that one is checked.
    if own := load(_KeySettings).data_key:
        keys, source = Keys(own, keys.admin_key, keys.webhook_key), DATA_KEY
    if not keys.opens(wanted):
        raise RestoreFailedError(
            f"The personal data in it is sealed with data key {', '.join(wanted)}, and {source} has "
            f"{', '.join(keys.data_key_ids) or 'none'}: name the file that was written with it by --keys, or set "
            f"{DATA_KEY}."
        )
    return keys
