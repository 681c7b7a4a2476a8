"""Calls of people: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from ..answers.common import DuplicatesAnswer, PeopleFoundAnswer
from ..answers.people import CopyAnswer
from ..bodies.common import LookUpIn
from ..bodies.people import CopyIn, DuplicatesIn
from ..calls import Call, new_key


def look_up_people(body: LookUpIn, *, idempotency_key: str | None = None) -> Call[PeopleFoundAnswer]:
    """Find volunteers and donors by telephone, identity number, or name and year of birth. Every look-up is
    recorded.
    """
    return Call("POST", "/v1/people/look-up", body=body, idempotency_key=idempotency_key or new_key())


def find_likely_duplicates(body: DuplicatesIn, *, idempotency_key: str | None = None) -> Call[DuplicatesAnswer]:
    """Find people who are likely one person: a registered one among those of the same kind, or one described."""
    return Call("POST", "/v1/people/likely-duplicates", body=body, idempotency_key=idempotency_key or new_key())


def copy_people(body: CopyIn, *, idempotency_key: str | None = None) -> Call[CopyAnswer]:
    """Copy all that the services hold on a person into one file; each service records the read."""
    return Call("POST", "/v1/people/copies", body=body, idempotency_key=idempotency_key or new_key())
