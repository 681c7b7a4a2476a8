"""E-mail addresses as they are stored: RFC 5321 and 6531, the host name in the form that people read. Pure."""

from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from shared.contracts.refusals import broken_rule

MOST_CHARACTERS: Final = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets. Counted in characters and in octets of UTF-8."""
MOST_OCTETS_OF_NAME: Final = 64
"""RFC 5321, 4.5.3.1.1, before the @; of UTF-8 (RFC 6531, 3.3)."""
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Chinese keyboards write `＠` and full-width letters; an address has them in ASCII."""


@lru_cache(maxsize=4096)  # as of telephones: each request is validated at two doors
def normalize_email(written: str) -> str:
    """Return the address with its host name in lower case and in its own script: `Wen@例子.中国`.

    The mailbox name may be Chinese (RFC 6531) and keeps its case. Quoted names, addresses of numbers, comments and
    reserved names like `localhost` are refused: none of them reaches a person. No control character, comma or bracket
    is left, so that nobody writes a header or a second recipient. Whether the mailbox exists is not examined.
    Raises PydanticCustomError of type `email_address`.
    """
    # Imported with the first address: it takes 46 ms, and most processes never see one.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        found = validate_email(written.translate(_FULL_WIDTH).strip(), check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise _refusal() from None
    # Programs decode `=?utf-8?q?…?=` in a header (RFC 2047): the mail would go to another address than the stored one.
    if "=?" in found.local_part:
        raise _refusal()
    if len(found.normalized.encode()) > MOST_CHARACTERS or len(found.local_part.encode()) > MOST_OCTETS_OF_NAME:
        raise _refusal()
    return found.normalized


def with_ascii_host(address: str) -> str:
    """Return an address as stored with its host name in ASCII, `wen@xn--fsqu00a.xn--fiqs8s`, as mail servers take it.

    The mailbox name stays. Raises ValueError for a text that is no address.
    """
    from email_validator import validate_email  # noqa: PLC0415 - as above

    found = validate_email(address, check_deliverability=False)
    return f"{found.local_part}@{found.ascii_domain}"


def normalize_email_or_none(written: str) -> str:
    """Return the address as `normalize_email` does, or the empty text, which removes an address."""
    return normalize_email(written) if written else ""


def _refusal() -> PydanticCustomError:
    return broken_rule("email_address")


Email = Annotated[str, StringConstraints(min_length=3, max_length=MOST_CHARACTERS), AfterValidator(normalize_email)]
"""An e-mail address, also with a Chinese name (RFC 5321, 6531); stored with its host name in lower case."""
EmailChange = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS), AfterValidator(normalize_email_or_none)]
"""An e-mail address, or the empty text, which removes the one on record."""
