"""The addresses that webhooks may lead to: public ones, and networks that the operator allows. Pure.

A webhook's address comes from outside, so it could point at servers that only the platform reaches. An endpoint's name
is resolved once, every address is checked, and the connection goes to that very address: a name that resolves
to another one a moment later (DNS rebinding) leads nowhere else. Redirects are not followed.
OWASP Server-Side Request Forgery Prevention Cheat Sheet, case 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
URL_PATTERN: Final = r"^https?://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?([/?][!$-;=?-~]*)?$"
"""Without a user, a password or a fragment; other characters than these are escaped."""
MOST_URL: Final = 2000
MOST_NETWORKS: Final = 100
_LAST_PORT: Final = 65_535
_TRANSLATED: Final = ip_network("64:ff9b::/96")
"""An IPv4 address in the last bits of one of IPv6, which a translator turns back into it (RFC 6052)."""
_LOCAL: Final = (ip_network("64:ff9b:1::/48"), ip_network("fec0::/10"))
"""Translators of a network's own, which have the IPv4 address anywhere (RFC 8215), and the former site-local addresses
(RFC 3879): none is public."""


class AddressRefusedError(ValueError):
    """The address may not be called. `rule` is a reason code."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's URL, taken apart: `host` is a name or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def literal(self) -> Address | None:
        """The address that stands in place of a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def host_header(self) -> str:
        """The value of Host: with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"

    def at(self, address: Address) -> str:
        """Return the URL with that address in place of the name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def shown(self) -> str:
        """The URL for logs: without its path and query, which may hold a secret."""
        return f"{self.scheme}://{self.host_header}"


def read_target(url: str) -> Target:
    """Return the parts of a URL that URL_PATTERN fits. Raises AddressRefusedError."""
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else _default_port(parts.scheme)
    except ValueError:
        raise AddressRefusedError("webhook_url_unreadable") from None
    if not parts.hostname or not 0 < port <= _LAST_PORT:
        raise AddressRefusedError("webhook_url_unreadable")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, path)


def check_target(target: Target, networks: Sequence[Network]) -> None:
    """Check all that shows before the name is resolved. Raises AddressRefusedError."""
    if target.literal is not None:
        check_address(target, target.literal, networks)
    elif target.scheme == "http" and not networks:
        raise AddressRefusedError("webhook_https_needed")


def check_address(target: Target, address: Address, networks: Sequence[Network]) -> None:
    """Check the address that a connection is to go to. Raises AddressRefusedError.

    Plain HTTP goes into the operator's networks alone.
    """
    plain = unwrap(address)
    if any(plain in network for network in networks):
        return
    if not _is_public(plain):
        raise AddressRefusedError("webhook_address_private")
    if target.scheme != "https":
        raise AddressRefusedError("webhook_https_needed")


def unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_public(address: Address) -> bool:
    odd = address.is_multicast or address.is_reserved or address.is_unspecified
    tunnelled = isinstance(address, IPv6Address) and address.teredo is not None
    local = any(address in network for network in _LOCAL)
    return address.is_global and not (odd or tunnelled or local)


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a setting, with commas between: `10.20.0.0/16, fd00:12::/32`. Raises ValueError."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > MOST_NETWORKS:
        raise ValueError(f"names {len(names)} networks, and {MOST_NETWORKS} are the most")
    try:
        return tuple(ip_network(name) for name in names)
    except ValueError:
        raise ValueError("must be networks like 10.20.0.0/16, several with commas between") from None


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
