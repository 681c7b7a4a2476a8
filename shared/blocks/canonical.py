"""The canonical form of a document: the same bytes for equal content, in any store and after any reading.

JSON as the JSON Canonicalization Scheme has it (RFC 8785) for the values of our documents: sorted names, no white
space, UTF-8. An instant is `{"$date": "2026-03-02T08:00:00.000Z"}`, in whole milliseconds: a store keeps no more.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final


def canonical(document: Mapping[str, object]) -> bytes:
    """Return the canonical form.

    It takes any value, so that a row that was tampered with has one as well: a type that no document of ours has is
    named beside its value.
    """
    return _ENCODER.encode(document).encode("utf-8", "surrogatepass")


def _describe(value: object) -> object:
    if isinstance(value, datetime):
        return {"$date": value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"}
    if isinstance(value, Mapping):
        return dict(value)
    return {f"${type(value).__name__}": repr(value)}


_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_describe)
