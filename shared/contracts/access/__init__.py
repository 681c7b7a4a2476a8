"""Access: the actor of a command, and the one table of permission × area that every process applies.

Pure: the owner of a thing applies it in the decision, the gateway to lists.
"""

from shared.contracts.access.actor import SYSTEM, Actor, Reference, read_actor
from shared.contracts.access.permissions import (
    PERMISSIONS,
    PRIVATE,
    ROLES,
    Decision,
    Permission,
    Role,
    describe_lack,
    hidden_subjects,
    is_private,
    may_see,
    permission_to_see,
    permissions_of,
    permits,
)

__all__ = [
    "PERMISSIONS",
    "PRIVATE",
    "ROLES",
    "SYSTEM",
    "Actor",
    "Decision",
    "Permission",
    "Reference",
    "Role",
    "describe_lack",
    "hidden_subjects",
    "is_private",
    "may_see",
    "permission_to_see",
    "permissions_of",
    "permits",
    "read_actor",
]
