"""Merkle trees: one hash for many rows, and a short proof that one row is among them (RFC 9162, 2.1; SHA-256)."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
"""Leaves and nodes are hashed apart, so that a node cannot be passed off as a row."""

Proof = tuple[bytes, ...]
"""The hashes beside the path from a row to the root, the lowest first."""


def hash_leaf(content: bytes) -> bytes:
    """Return the hash of a row's canonical form."""
    return sha256(_LEAF + content).digest()


def find_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of the rows, in their order; that of no row is the hash of nothing."""
    if not leaves:
        return sha256().digest()
    level = list(leaves)
    while len(level) > 1:  # ends: each level has half of the one below
        level = _next_level(level)
    return level[0]


def prove(leaves: Sequence[bytes], index: int) -> Proof:
    """Return the proof of the row at that index. Raises IndexError beyond the rows."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"there are {len(leaves)} rows, and {index} is none of them")
    level, proof = list(leaves), []
    while len(level) > 1:
        if (beside := index ^ 1) < len(level):
            proof.append(level[beside])
        level, index = _next_level(level), index // 2
    return tuple(proof)


def is_proved(leaf: bytes, index: int, count: int, proof: Proof, root: bytes) -> bool:
    """Return whether the row with that hash is the one at `index` of the `count` rows beneath the root."""
    if not 0 <= index < count:
        return False
    found, left = leaf, list(proof)
    while count > 1:
        if (beside := index ^ 1) < count:
            if not left:
                return False
            other = left.pop(0)
            found = _hash_node(found, other) if index < beside else _hash_node(other, found)
        index, count = index // 2, (count + 1) // 2
    return not left and found == root


def _next_level(level: Sequence[bytes]) -> list[bytes]:
    pairs = [_hash_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    # The last of an odd number goes up as it is: the same tree as RFC 9162's, which splits at a power of two.
    return pairs if len(level) % 2 == 0 else [*pairs, level[-1]]


def _hash_node(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()
