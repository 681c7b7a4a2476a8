"""The members of a replica set as its operator needs them: which does not answer, and how far each one is behind."""

from collections.abc import Iterable
from typing import Final, Protocol

NAMED: Final = 7
"""Members that are described: as many as may vote. https://www.mongodb.com/docs/manual/core/replica-set-members/"""
_UNKNOWN: Final = "Unknown"
_PRIMARY: Final = "RSPrimary"


class Member(Protocol):
    """A server as PyMongo's monitor has last seen it."""

    @property
    def address(self) -> tuple[str, int | None]: ...
    @property
    def server_type_name(self) -> str: ...
    @property
    def last_write_date(self) -> float | None: ...


def has_primary(members: Iterable[Member]) -> bool:
    """Return whether one of the members is the primary."""
    return any(member.server_type_name == _PRIMARY for member in members)


def describe_members(members: Iterable[Member]) -> str:
    """Return the state of each member, NAMED at most, those that do not answer first; empty where none has answered.

    The seconds are those of the last heartbeats, which come every ten seconds.
    """
    known = sorted(members, key=lambda member: (member.server_type_name != _UNKNOWN, member.address))
    if all(member.server_type_name == _UNKNOWN for member in known):
        return ""
    newest = max((member.last_write_date or 0.0 for member in known), default=0.0)
    return "; ".join(f"{_name(member)} {_state(member, newest)}" for member in known[:NAMED])


def _name(member: Member) -> str:
    host, port = member.address
    return host if port is None else f"{host}:{port}"


def _state(member: Member, newest: float) -> str:
    match member.server_type_name:
        case "Unknown":
            return "does not answer"
        case "RSPrimary":
            return "is the primary"
        case "RSSecondary":
            behind = newest - (member.last_write_date or newest)
            return f"is a secondary, {behind:.0f} s behind"
        case "RSArbiter":
            return "is an arbiter, which holds no data"
        case _:
            return "is neither primary nor secondary: it starts or recovers"
