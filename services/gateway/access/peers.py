"""The peer behind an address, whose attempts, requests and connections are counted together. Pure."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

_NETWORK_BYTES: Final = 8
"""A peer of IPv6 is its /64: within it anybody takes as many addresses as they like (RFC 4291, section 2.5.1)."""


@lru_cache(maxsize=4096)  # each request asks
def name_peer(address: str | None) -> bytes:
    """Return the peer that an address belongs to, for IPv6 its /64; empty for none, as of a local socket."""
    try:
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:
        return b""
    if isinstance(ip, IPv6Address):
        return ip.packed[:_NETWORK_BYTES] if ip.ipv4_mapped is None else ip.ipv4_mapped.packed
    return ip.packed
