"""Identity numbers (公民身份号码) as they are stored: 17 digits and a check character, without blanks. Pure.

GB 11643-1999. The residence permits of residents of Hong Kong, Macau and Taiwan carry numbers of the same form, which
begin with 810000, 820000 or 830000 (State Council, Guobanfa 2018 no. 81).
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.refusals import Refused, broken_rule

MOST_CHARACTERS: Final = 40
"""Characters of a number as a person writes it, with blanks or hyphens between its parts."""
_PARTED: Final = re.compile(r"[\s\-–—‐]+")
_FORM: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_PERMITS: Final = frozenset({"810000", "820000", "830000"})
"""The regions of residence permits. python-stdnum knows those of 1997 and 1999 for people born since then alone."""
FIRST_YEAR: Final = 1900


def normalize_identity_number(written: str) -> str:
    """Return the number as `11010519491231002X`.

    Full-width digits, blanks, hyphens and a lower-case x are understood. Raises PydanticCustomError of the type
    `identity_number_form` for another form, also for the 15 digits of before 1999, `identity_number_region` for an
    unknown province, `identity_number_birth_date` for a date that the calendar does not have or one before 1900, and
    `identity_number_check` for a wrong check character. Whether the date is in the past is `require_born`'s to decide.
    """
    number = _PARTED.sub("", unicodedata.normalize("NFKC", written)).upper()
    if len(written) > MOST_CHARACTERS or not _FORM.fullmatch(number):
        raise broken_rule("identity_number_form")
    if not _is_region(number):
        raise broken_rule("identity_number_region")
    try:
        born = birth_date_of(number)
    except ValidationError:
        raise broken_rule("identity_number_birth_date") from None
    if born.year < FIRST_YEAR:
        raise broken_rule("identity_number_birth_date")
    if number[-1] != ric.calc_check_digit(number):
        raise broken_rule("identity_number_check")
    return number


def birth_date_of(number: str) -> date:
    """Return the date of birth in the number. Raises stdnum's ValidationError where the calendar does not have it."""
    return ric.get_birth_date(number)


def require_born(number: str | None, now: datetime, field: str = "identity_number") -> None:
    """Raise Refused("invalid", rule "birth_date_in_future") where the number's date of birth lies after `now`."""
    if number is not None and birth_date_of(number) > now.astimezone(LEGAL_ZONE).date():
        raise Refused("invalid", "birth_date_in_future", field=field)


def check_birth_year(birth_year: int | None, number: str | None) -> None:
    """Raise PydanticCustomError of type `birth_year_contradicts` where the two name different years."""
    if birth_year is not None and number is not None and birth_date_of(number).year != birth_year:
        raise broken_rule("birth_year_contradicts", field="birth_year")


def check_birth_date(birth_date: date | None, birth_year: int | None, number: str | None) -> None:
    """Raise PydanticCustomError where two of them name different days or years of birth.

    Its type is `birth_date_contradicts` or `birth_year_contradicts`, and `birth_date_too_early` before 1900.
    """
    if birth_date is not None and birth_date.year < FIRST_YEAR:
        raise broken_rule("birth_date_too_early", field="birth_date", year=FIRST_YEAR)
    if birth_date is not None and number is not None and birth_date_of(number) != birth_date:
        raise broken_rule("birth_date_contradicts", field="birth_date")
    if birth_date is not None and birth_year not in {None, birth_date.year}:
        raise broken_rule("birth_date_contradicts", field="birth_date")
    check_birth_year(birth_year, number)


def known_birth_date(birth_date: date | None, number: str | None) -> date | None:
    """Return the day of birth that was given, else that of the number; None where neither is known."""
    return birth_date if birth_date is not None or number is None else birth_date_of(number)


def known_birth_year(birth_year: int | None, number: str | None) -> int | None:
    """Return the year of birth that was given, else that of the number; None where neither is known."""
    return birth_year if birth_year is not None or number is None else birth_date_of(number).year


def _is_region(number: str) -> bool:
    # By the province alone: a number keeps the district of its day, and registers of former districts have gaps.
    if number[:2] in _PERMIT_PROVINCES:
        return number[:6] in _PERMITS
    return any("province" in found for _, found in numdb.get("cn/loc").info(number[:2]))


_PERMIT_PROVINCES: Final = frozenset(region[:2] for region in _PERMITS)
