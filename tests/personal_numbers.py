"""The scan for phones and identity numbers of persons in all that leaves a service: events, feed rows, queues."""

from collections.abc import Iterable

from shared.contracts.personal_numbers import find_identity_numbers, find_mobile_numbers


def personal_numbers(bodies: Iterable[bytes | str]) -> list[str]:
    """Return every run of exactly 11 digits that is a mobile number, and of 18 that is a valid identity number."""
    found: list[str] = []
    for body in bodies:
        text = body.decode(errors="replace") if isinstance(body, bytes) else body
        found += find_mobile_numbers(text)
        found += [number for number in find_identity_numbers(text) if len(number) == 18]
    return found
