"""The body that asks for a key."""

from hashlib import sha256

from pydantic import ConfigDict, Field

from services.gateway.access.scopes import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import Message, Name


class KeyIn(Message):
    """A key for another party. Without an area it reaches everywhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Zhanlan Road street centre", "permissions": ["read", "write"], "area": "110102009"}]
        }
    )

    name: Name
    permissions: tuple[Permission, ...] = Field(min_length=1, max_length=4)
    area: AreaCode | None = None

    def fingerprint(self) -> str:
        """Return the hash of the body: a repeated request has the same one."""
        return sha256(self.model_dump_json().encode()).hexdigest()
