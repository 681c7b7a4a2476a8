"""The scan for phones and identity numbers of persons in all that leaves a service: events, feed rows, queues."""

import re
from collections.abc import Iterable
from typing import Final

from shared.contracts.personal_numbers import find_identity_numbers, find_mobile_numbers

_RANDOM: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?=[0-9]*[a-f])[0-9a-f]{16,64}"  # trace ids, digests
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[a-z]+_[0-9a-z]{20}"  # ids
    r"|v1\.[0-9a-f]{8}\.[\w-]+=*"  # sealed
    r"|(?=[\w-]*[A-Za-z])[\w-]{43}"  # keyed hashes
    r"|\d+\.\d+"  # measurements
    r")(?![0-9A-Za-z])"
)
"""Random characters, of which some are by chance eleven digits in a row."""


def personal_numbers(bodies: Iterable[bytes | str]) -> list[str]:
    """Return every run of exactly 11 digits that is a mobile number, and of 18 that is a valid identity number."""
    found: list[str] = []
    for body in bodies:
        text = _RANDOM.sub(" ", body.decode(errors="replace") if isinstance(body, bytes) else body)
        found += find_mobile_numbers(text)
        found += [number for number in find_identity_numbers(text) if len(number) == 18]
    return found
