"""Phone numbers as they are stored: E.164, with the extension where there is one. Pure."""

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from pydantic_core import PydanticCustomError

from shared.contracts.refusals import broken_rule

HOME: Final = "CN"
"""The region of a number without a country code."""
_EXTENSION: Final = re.compile(r"(?:转|轉|分机|分機|内线|ext\.?|x|#)\s*(?=\d)", re.IGNORECASE)
_WRITTEN: Final = re.compile(r"[0-9０-９+＋()（）\-－–—.\s転转轉分机機内线extEXT#＃;=]+")


@lru_cache(maxsize=4096)  # a bulk import repeats few numbers, but each request is validated at two doors
def normalize_phone(written: str) -> str:
    """Return the number as `+8613800138000`, or with an extension as `+861066012345;ext=801`.

    A mobile number needs no country code, a landline its area code; full-width digits, blanks, hyphens and an extension
    (`转801`, `ext. 801`) are understood. Raises PydanticCustomError of type `phone_number` for any other text.
    """
    try:
        if len(written) > MOST_CHARACTERS or not _WRITTEN.fullmatch(written):
            raise _refusal()
        number = phonenumbers.parse(_EXTENSION.sub(";ext=", written.strip()), HOME)
    except phonenumbers.NumberParseException:
        raise _refusal() from None
    if not phonenumbers.is_possible_number(number):
        raise _refusal()
    if number.country_code == 86 and not phonenumbers.is_valid_number(number):
        raise _refusal()
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


MOST_CHARACTERS: Final = 40


def _refusal() -> PydanticCustomError:
    return broken_rule("phone_number")
