"""Development, the only place where city time may be moved: all of it is on the loopback of one machine.

A process is in development where the addresses of its servers, the members of MongoDB's replica set, and all that it
listens on itself are loopback addresses. A container's process listens beyond it, or nobody reaches it; a server of
production has other hosts than the loopback, also behind a tunnel that ends there.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.runtime.addresses import split_hosts
from shared.runtime.secretfiles import variable

MOVABLE: str = variable("movable_clock")
"""The setting LIANSHAN_MOVABLE_CLOCK."""


def refuse_outside(amqp_uri: str, mongo_uri: str, listeners: Mapping[str, str]) -> str | None:
    """Return why these settings are not those of a development; None where they are.

    `listeners` are hosts that the process listens on, by the name of their setting's field.
    """
    named = [("amqp_uri", urlsplit(amqp_uri).hostname or ""), *(("mongo_uri", host) for host in _read_hosts(mongo_uri))]
    for field, host in [*named, *listeners.items()]:
        if not is_loopback(host):
            return (
                f"{MOVABLE}: must not be true where {variable(field)} names {host or 'no host'}: city time moves in "
                "development only, where everything is on this machine's loopback (127.0.0.1); remove it"
            )
    return None


def find_members_outside(members: Iterable[str]) -> Iterator[str]:
    """Yield the members of a replica set, as `host:port`, that are beyond the loopback."""
    return (member for member in members if not is_loopback(member.rpartition(":")[0].strip("[]")))


def is_loopback(host: str) -> bool:
    """Return whether the host is an address of the loopback, or its usual name. Asks no DNS."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read_hosts(mongo_uri: str) -> list[str]:
    # The hosts follow the user, which is quoted, and end before the path; each may have a port.
    netloc = split_hosts(mongo_uri).netloc.rpartition("@")[2]
    return [urlsplit(f"//{part}").hostname or "" for part in netloc.split(",")]
