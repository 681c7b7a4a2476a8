"""The search for numbers of persons in public names: phones and resident identity numbers. Pure.

Personal Information Protection Law, art. 28: an identity number is sensitive personal information.
"""

import re
import unicodedata
from typing import Final

import phonenumbers
from stdnum.cn import ric

from shared.contracts.refusals import broken_rule

_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_LONG_ID: Final = re.compile(r"(?<!\d)\d{17}[\dX](?![\dX])", re.IGNORECASE)
_DATED: Final = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?![\dX])", re.IGNORECASE
)
_SHORT_ID: Final = re.compile(r"(?<!\d)\d{15}(?!\d)")
_GAPS: Final = re.compile(r"(?<=\d)[\s\-–—－._·・/,，、()（）~～*|]+(?=[\dXx])")
_CHINESE: Final = "〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_CHINESE_NUMBER: Final = re.compile(rf"(?:[{_CHINESE}][\s\-·]?){{11,}}")
"""Chinese digits that stand together as only those of a number do: 三八 or 一九七八 stay words."""
_WITHIN: Final = re.compile(r"1[3-9]\d{9}|[1-9]\d{5}(?:19|20)\d{9}")
"""A mobile or an identity number in a run of Chinese digits, of which a name may be the first: 李四 一三九…"""
_CHINESE_DIGITS: Final = str.maketrans(_CHINESE, "0001234567891123456789")


def has_personal_number(text: str) -> bool:
    """Return whether the text holds a phone number, or an identity number of 18 or 15 digits.

    Full-width and Chinese digits, and digits apart by blanks or signs, are found as well. A number of 18 digits counts
    where it holds a date of birth, even with a wrong check digit: one with a slip of the pen still leads to the person.
    One of 15 counts where it holds a known region and a date of birth.
    """
    if any(map(_is_chinese_number, _CHINESE_NUMBER.findall(text))):
        return True
    if text.isalpha():  # true for nearly all names
        return False
    plain = _as_digits(text)
    if sum(map(str.isdigit, plain)) < FEWEST_DIGITS:
        return False
    joined = _GAPS.sub("", plain)
    if _MOBILE.search(joined) or _DATED.search(joined) or find_identity_numbers(joined):
        return True
    matcher = phonenumbers.PhoneNumberMatcher(plain, "CN", leniency=phonenumbers.Leniency.VALID)
    return any(_is_phone(found) for found in matcher)


FEWEST_DIGITS: Final = 7
"""A local phone number has at least so many digits."""
_AREA_PREFIX: Final = re.compile(r"0\d{2,3}|\+86|\(")


def _is_phone(found: phonenumbers.PhoneNumberMatch) -> bool:
    # A year or a house number is no phone: a landline is written with its area code.
    return bool(_AREA_PREFIX.search(found.raw_string))


def find_mobile_numbers(text: str) -> list[str]:
    """Return every run of exactly 11 digits that is a Chinese mobile number."""
    runs = re.findall(r"(?<!\d)\d{11}(?!\d)", text)
    return [run for run in runs if _MOBILE.fullmatch(run) and _is_mobile(run)]


def find_identity_numbers(text: str) -> list[str]:
    """Return every run of exactly 18 characters, or 15 digits, that is a resident identity number.

    Of 18 the check digit is right (GB 11643-1999); 15 digits, of before 1999, have none.
    """
    long = [found for found in _LONG_ID.findall(text) if ric.is_valid(found.upper())]
    return long + [found for found in _SHORT_ID.findall(text) if _is_short_id(found)]


def refuse_personal_numbers(name: str) -> str:
    """Return the public name. Raises PydanticCustomError of type `no_personal_number` where it holds such a number."""
    if has_personal_number(name):
        raise broken_rule("no_personal_number")
    return name


def refuse_number_as_code(code: str) -> str:
    """Return a code that a caller has given.

    Raises PydanticCustomError of type `no_personal_number` where the digits of a mobile number, or of an identity
    number with its date of birth, stand in it together. Codes are full of digits: apart by signs they may stay.
    """
    if _MOBILE.search(code) or _DATED.search(code):
        raise broken_rule("no_personal_number")
    return code


def _is_mobile(run: str) -> bool:
    return phonenumbers.is_valid_number(phonenumbers.parse(run, "CN"))


def _is_short_id(digits: str) -> bool:
    # With the century in, the number of before 1999 has the form of today's; only its check digit is unknown.
    longer = f"{digits[:6]}19{digits[6:]}"
    return ric.is_valid(longer + ric.calc_check_digit(longer + "0"))


def _as_digits(text: str) -> str:
    """Return the text with every digit in ASCII: also full-width, circled and mathematical ones.

    Zero-width characters and marks go, such as the key cap of 1\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}.
    """
    return "".join(
        str(unicodedata.digit(c)) if unicodedata.digit(c, None) is not None else c
        for c in unicodedata.normalize("NFKC", text)
        if unicodedata.category(c) not in _INVISIBLE
    )


_INVISIBLE: Final = ("Cf", "Mn", "Me")


def _is_chinese_number(run: str) -> bool:
    digits = "".join(filter(str.isdigit, run.translate(_CHINESE_DIGITS)))
    return _WITHIN.search(digits) is not None
