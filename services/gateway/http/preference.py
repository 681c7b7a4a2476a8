"""Prefer (RFC 7240): callers who create things and need no whole answer may say so, and wait for no view.

The thing is durable when they are answered, as it is for all others.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import Depends, Header, Request

APPLIED: Final = "return=minimal"
_PREFERENCES: Final = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?$))+')
"""The members of the list; a comma within quotes is no end of one. A quotation that does not end takes all the rest:
else each of its quotes would be tried as a beginning, in quadratic time.
"""


def is_minimal(values: Iterable[str]) -> bool:
    """Return whether these headers prefer the minimal answer: the first `return` counts, in any case of letters."""
    for preference in _PREFERENCES.findall(",".join(values)):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "return":
            return bool(value.strip().strip('"').lower() == "minimal")
    return False


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _prefers_minimal(
    request: Request,
    prefer: Annotated[  # noqa: ARG001 - for the description; a header may come several times
        str | None,
        Header(
            description="`return=minimal` is answered as soon as the thing is durable, without the fields that views "
            "alone have. Lists show it a moment later; until then another gateway may answer 404 about it."
        ),
    ] = None,
) -> bool:
    return is_minimal(request.headers.getlist("prefer"))


PrefersMinimal = Annotated[bool, Depends(_prefers_minimal)]
"""Whether the caller prefers the minimal answer, see `Backend.wait_unless`."""
