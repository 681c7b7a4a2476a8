"""External ids of exports: a caller's own name for a file, unique by principal while the export is kept.

It may say something about a person, so it is stored as a keyed hash and sealed, as the owners of things do.
"""

from typing import Final

from services.gateway.features.exports.records import Export
from services.gateway.http.problems import Problem
from shared.engine.decide.external_ids import name_key
from shared.engine.decide.schema import Document
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault, VaultError

KIND: Final = "export"
_KEYS: Final = "exports"
"""The name by which keys of their own are derived: nothing sealed here opens a webhook's secret."""


def name_place(export_id: str) -> tuple[str, str, str]:
    """Return the place that a name is sealed for."""
    return _KEYS, export_id, "name_sealed"


class ExportNames:
    """The names that principals give to exports, hidden with a key; None where the operator has set none."""

    def __init__(self, key: KeyRing | None) -> None:
        self._vault = None if key is None else Vault(key, _KEYS)

    def find_key(self, principal: str, external_id: str) -> str:
        """Return the keyed hash under which the principal's name is kept. Raises Problem (503) without the key."""
        return name_key(self._need_vault(), principal, KIND, external_id)

    def rule(self, principal: str, external_id: str | None) -> Document:
        """Return the MongoDB rule for the export that the principal has named so; for all without a name."""
        return {} if external_id is None else {"name_key": self.find_key(principal, external_id)}

    def named(self, export: Export, external_id: str | None) -> Export:
        """Return the new export with the name. Raises Problem (503) without the key."""
        if external_id is None:
            return export
        key = self.find_key(export.principal, external_id)
        sealed = self._need_vault().seal(external_id, *name_place(export.id))
        return export.model_copy(update={"name_key": key, "name_sealed": sealed})

    def open(self, export: Export, principal: str) -> str | None:
        """Return the name, for the principal that has given it alone; None for one sealed with a key that is gone."""
        if not export.name_sealed or export.principal != principal or self._vault is None:
            return None
        try:
            return self._vault.open(export.name_sealed, *name_place(export.id))
        except VaultError:
            return None

    def _need_vault(self) -> Vault:
        if self._vault is None:
            raise Problem(503, "unavailable", "names_not_set_up", headers={"Retry-After": "60"})
        return self._vault
