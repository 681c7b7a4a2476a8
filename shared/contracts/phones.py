"""Phone numbers as they are stored: E.164, with the extension where there is one. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from pydantic_core import PydanticCustomError

from shared.contracts.refusals import broken_rule

HOME: Final = "CN"
"""The region of a number without a country code."""
CHINA: Final = 86
_EXTENSION: Final = re.compile(r"(?:转|轉|分机|分機|内线|ext\.?|x|#)\s*(?=\d)", re.IGNORECASE)
_HYPHENED: Final = re.compile(r"(.+\d)\s*[-–—]\s*(\d{1,5})")
"""A landline whose extension follows a hyphen: 010-66012345-801."""
_MOBILE: Final = re.compile(r"(?:\+86)?(1(?:[38][0-9]|4[57]|[59][0-35-9]|6[25-7]|7[0-35-8])[0-9]{8})")
"""A Chinese mobile number as nearly all are written: understood without phonenumbers, which takes 40 times as long."""
_WRITTEN: Final = re.compile(r"[0-9+()\-–—.\s转轉分机機内线extEXT#;=]+")


@lru_cache(maxsize=4096)  # a bulk import repeats few numbers, but each request is validated at two doors
def normalize_phone(written: str) -> str:
    """Return the number as `+8613800138000`, or with an extension as `+861066012345;ext=801`.

    A mobile number needs no country code, a landline its area code; full-width digits, blanks, hyphens and an extension
    (`转801`, `ext. 801`, `-801`) are understood. Raises PydanticCustomError of type `phone_number` for any other text.
    """
    if (mobile := _MOBILE.fullmatch(written)) is not None:
        return f"+86{mobile[1]}"
    # First of all: phonenumbers would leave the digits of an extension full-width.
    text = unicodedata.normalize("NFKC", written).strip()
    if len(written) > MOST_CHARACTERS or not _WRITTEN.fullmatch(text):
        raise _refusal()
    number = _parse(_EXTENSION.sub(";ext=", text)) or _parse_hyphened(text)
    if number is None:
        raise _refusal()
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def _parse(text: str) -> phonenumbers.PhoneNumber | None:
    """Return the number, None where it is none. One of China has to be in use, another of a possible length."""
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        return None
    good = phonenumbers.is_valid_number if number.country_code == CHINA else phonenumbers.is_possible_number
    return number if good(number) else None


def _parse_hyphened(text: str) -> phonenumbers.PhoneNumber | None:
    """Return the landline with the extension that follows a hyphen; None for any other text."""
    found = _HYPHENED.fullmatch(text)
    number = None if found is None else _parse(f"{found[1]};ext={found[2]}")
    landline = number is not None and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
    return number if landline else None


MOST_CHARACTERS: Final = 40


def _refusal() -> PydanticCustomError:
    return broken_rule("phone_number")
