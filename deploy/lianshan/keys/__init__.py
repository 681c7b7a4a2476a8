"""The rotation of the key ring, while the services run: add a key, seal again with it, retire the others."""

from deploy.lianshan.keys.ring_file import RingFile, find_ring_file
from deploy.lianshan.keys.rotation import (
    KeysInUseError,
    NotBoundError,
    add_key,
    count_left,
    reseal,
    retire_keys,
)

__all__ = [
    "KeysInUseError",
    "NotBoundError",
    "RingFile",
    "add_key",
    "count_left",
    "find_ring_file",
    "reseal",
    "retire_keys",
]
