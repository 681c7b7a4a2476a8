"""Calls of catalogue: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.catalogue import EntryAnswer, EntryKind, EntryPage
from ..bodies.catalogue import AddEntry, FurtherNamesIn, RetireIn
from ..calls import Call, Listing, new_key


def list_catalogue(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    kind: EntryKind | None = None,
    label: str | None = None,
    retired: bool | None = None,
) -> Listing[EntryPage, EntryAnswer]:
    """List the entries by kind and code, shipped and added."""
    return Listing(
        "GET", "/v1/catalogue", query={"limit": limit, "after": after, "kind": kind, "label": label, "retired": retired}
    )


def add_entry(body: AddEntry, *, idempotency_key: str | None = None) -> Call[EntryAnswer]:
    """Add an entry; the same entry again changes nothing."""
    return Call("POST", "/v1/catalogue", body=body, idempotency_key=idempotency_key or new_key())


def read_entry(kind: EntryKind, code: str) -> Call[EntryAnswer]:
    """Show one entry, also a retired one."""
    return Call("GET", f"/v1/catalogue/{quote(kind, safe='')}/{quote(code, safe='')}")


def extend_entry(
    kind: EntryKind, code: str, body: FurtherNamesIn, *, idempotency_key: str | None = None
) -> Call[EntryAnswer]:
    """Give an entry further synonyms, units or equivalents; a factor never changes."""
    return Call(
        "POST",
        f"/v1/catalogue/{quote(kind, safe='')}/{quote(code, safe='')}/extend",
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def retire_entry(
    kind: EntryKind, code: str, body: RetireIn | None = None, *, idempotency_key: str | None = None
) -> Call[EntryAnswer]:
    """Retire an entry, naming its successor where there is one; new needs cannot use it any more."""
    return Call(
        "POST",
        f"/v1/catalogue/{quote(kind, safe='')}/{quote(code, safe='')}/retire",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )
