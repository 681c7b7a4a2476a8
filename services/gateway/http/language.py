"""The language of an answer: chosen by `Accept-Language`, kept while its request is being answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from starlette.types import Scope

from shared.words import Language, Wording, negotiate

_HEADER: Final = b"accept-language"
# A variable of the request's context and no argument: problems are raised, and answers built, far from the request.
_WORDING: Final[ContextVar[Wording]] = ContextVar("wording", default=Wording("en"))  # noqa: B039 - it never changes


def words() -> Wording:
    """Return the wording for the request that is being answered; English outside of any request."""
    return _WORDING.get()


@contextmanager
def speaking(wording: Wording) -> Iterator[None]:
    """Word all answers within the block by `wording`."""
    token = _WORDING.set(wording)
    try:
        yield
    finally:
        _WORDING.reset(token)


def wanted(scope: Scope, default: Language) -> Language:
    """Return the language that the request asks for. Several headers count as one list (RFC 9110, section 5.3)."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
    return negotiate(",".join(given), default)


def language_headers(language: Language) -> list[tuple[bytes, bytes]]:
    """Return the headers that keep a cache from giving one language to a reader of the other."""
    return [(b"content-language", language.encode()), (b"vary", b"Accept-Language")]
