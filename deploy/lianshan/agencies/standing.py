"""The agencies that stand on the broker: made, listed, given another password, removed.

The broker alone holds them: a queue with its bindings, which a backup has as well, and a user, which no backup has.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from amqp import Connection
from amqp.exceptions import NotFound, PreconditionFailed

from deploy.lianshan.access.broker import Definer, Definitions, Row, define_user
from deploy.lianshan.agencies.agency import (
    CHANNELS,
    CONNECTIONS,
    PREFIX,
    Agency,
    AgencyError,
    bound_queue,
    read_agency,
    rights_of,
)
from shared.contracts.subscriptions import EVENTS_EXCHANGE

PASSWORD_BYTES: Final = 32
_LIMITS: Final = {"max-connections": CONNECTIONS, "max-channels": CHANNELS}


@dataclass(frozen=True)
class Standing:
    """An agency on the broker; `has_user` is False after a restore, until it is given a password again."""

    agency: Agency
    has_user: bool


@dataclass(frozen=True)
class Place:
    """Where agencies stand: the virtual host, the beginning of users' names there, and a way to define users."""

    vhost: str
    prefix: str
    definer: Definer

    def user(self, name: str) -> str:
        """Return the name of the agency's user on the broker."""
        return f"{self.prefix}{PREFIX}{name}"


def add_agency(place: Place, connection: Connection, agency: Agency, *, mib: int, days: int) -> str:
    """Make the queue and the user and return its password. Raises AgencyError, AccessError.

    A queue without a user, as after a restore or an end in between, is taken over and bound as wanted.
    """
    seen = place.definer.read()
    if _has_user(place, agency.name, seen):
        raise AgencyError(f"{agency.name}: stands already. `lianshan agency rotate` gives it another password")
    channel = connection.channel()
    try:
        channel.queue_declare(agency.queue, durable=True, auto_delete=False, arguments=dict(bound_queue(mib, days)))
    except PreconditionFailed:
        raise AgencyError(
            f"{agency.queue}: stands with other bounds; keep it with `lianshan agency rotate {agency.name}`, or remove "
            "it first"
        ) from None
    try:
        for key in agency.bindings:
            channel.queue_bind(agency.queue, EVENTS_EXCHANGE, key)
    except NotFound:
        raise AgencyError("the exchange does not stand yet: declare it with `lianshan topology apply`") from None
    for key in set(_list_keys(place, agency.queue, seen)) - set(agency.bindings):
        channel.queue_unbind(agency.queue, EVENTS_EXCHANGE, key)
    channel.close()
    return _let_in(place, agency.name)


def list_agencies(place: Place) -> list[Standing]:
    """Return the agencies by name. Raises AccessError."""
    seen = place.definer.read()
    return [
        Standing(read_agency(queue, _list_keys(place, queue, seen)), _has_user(place, queue.removeprefix(PREFIX), seen))
        for queue in sorted(_list_queues(place, seen))
    ]


def rotate_password(place: Place, name: str, *, close: bool) -> tuple[Agency, str]:
    """Give the agency another password, and a user where it has none; `close` ends its open connections.

    Raises AgencyError where no such agency stands, AccessError.
    """
    queue, seen = f"{PREFIX}{name}", place.definer.read()
    if queue not in _list_queues(place, seen):
        raise _unknown(name)
    password = _let_in(place, name)
    if close:
        place.definer.close_connections(place.user(name))
    return read_agency(queue, _list_keys(place, queue, seen)), password


def remove_agency(place: Place, connection: Connection, name: str) -> int:
    """Remove the user, which ends its connections, then the queue; return the events that waited in it.

    Raises AgencyError where neither stands, AccessError.
    """
    seen = place.definer.read()
    has_user, has_queue = _has_user(place, name, seen), f"{PREFIX}{name}" in _list_queues(place, seen)
    if not has_user and not has_queue:
        raise _unknown(name)
    if has_user:
        place.definer.remove_user(place.user(name))
    return connection.channel().queue_delete(f"{PREFIX}{name}") or 0 if has_queue else 0


def _let_in(place: Place, name: str) -> str:
    password, rights = secrets.token_urlsafe(PASSWORD_BYTES), rights_of(name)
    user = {**define_user(place.user(name), rights, password), "limits": _LIMITS}
    rule = {"configure": rights.configure, "write": rights.write, "read": rights.read}
    permission = {"user": place.user(name), "vhost": place.vhost, **rule}
    place.definer.add({"users": [user], "permissions": [permission]})
    return password


def _unknown(name: str) -> AgencyError:
    return AgencyError(f"{name}: no such agency. `lianshan agency list` shows all")


def _list_queues(place: Place, seen: Definitions) -> set[str]:
    names = (str(row["name"]) for row in _here(place, seen.get("queues", ())))
    return {name for name in names if name.startswith(PREFIX)}


def _list_keys(place: Place, queue: str, seen: Definitions) -> list[str]:
    bound = (row for row in _here(place, seen.get("bindings", ())) if row["destination"] == queue)
    return sorted(str(row["routing_key"]) for row in bound if row["source"] == EVENTS_EXCHANGE)


def _here(place: Place, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["vhost"] == place.vhost]


def _has_user(place: Place, name: str, seen: Definitions) -> bool:
    return any(row["name"] == place.user(name) for row in seen.get("users", ()))
