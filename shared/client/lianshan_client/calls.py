"""A call to the API as a value: the functions of `lianshan_client.api` make them, and a client sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from uuid import uuid4

Answer = TypeVar("Answer")
Page = TypeVar("Page")
Item = TypeVar("Item")
Value = str | int | bool | Sequence[str] | None
"""A value of the query; None is left out."""


def new_key() -> str:
    """Return an Idempotency-Key that nobody used before."""
    return str(uuid4())


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One request with the type of its answer. Sent twice it takes effect once, because it holds its Idempotency-Key.

    `content` is a file, sent as it is in the place of a body. `expected` is the version that the thing must have: the
    `version` of an answer, or an ETag as it came. Another version is refused with VersionError, and nothing changes.
    `on_behalf_of` is the id of a volunteer, a donor or a need whose word the caller passes on.
    """

    method: str
    path: str
    query: Mapping[str, Value] = field(default_factory=dict)
    body: object = None
    content: bytes | None = field(default=None, repr=False)
    expected: int | str | None = None
    on_behalf_of: str | None = None
    idempotency_key: str = field(default_factory=new_key)

    def list_parameters(self) -> tuple[tuple[str, str], ...]:
        """Return the query as it is sent: a name for each value, without those that are None."""
        return tuple((name, text) for name, value in self.query.items() for text in _write(value))


@dataclass(frozen=True)
class Listing(Call[Page], Generic[Page, Item]):
    """A call for one page of a list. `Client.iterate` reads the pages that follow as well."""

    def following(self, after: str | int) -> Listing[Page, Item]:
        """Return the call for the page behind the cursor."""
        return replace(self, query={**self.query, "after": after}, idempotency_key=new_key())


def _write(value: Value) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (str, int)):
        return [str(value)]
    return list(value)
