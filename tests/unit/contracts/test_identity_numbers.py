"""An identity number is stored in one form, and refused by the rule that it breaks."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from identity_numbers import invented_number
from pydantic import TypeAdapter, ValidationError

from shared.contracts.charity.donors import DonorDetails
from shared.contracts.identity_numbers import known_birth_year, require_born
from shared.contracts.messages import IdentityNumber
from shared.contracts.refusals import Refused

NUMBER = TypeAdapter(IdentityNumber)
SAMPLE = "11010519491231002X"
"""The example of GB 11643-1999."""


@pytest.mark.parametrize(
    "written",
    [
        SAMPLE,
        SAMPLE.lower(),
        "110105 19491231 002X",
        "110105-19491231-002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        f" {SAMPLE} ",
    ],
)
def test_a_number_is_stored_in_one_form(written: str) -> None:
    assert NUMBER.validate_python(written) == SAMPLE


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_residence_permits_of_hong_kong_macau_and_taiwan_are_taken_whenever_their_holder_was_born(region: str) -> None:
    number = invented_number("19660101", region=region)
    assert NUMBER.validate_python(number) == number


@pytest.mark.parametrize("region", ["110223", "350500", "659099"])
def test_a_district_that_is_gone_or_unknown_to_a_register_is_no_reason_to_refuse(region: str) -> None:
    assert NUMBER.validate_python(invented_number(region=region))


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        (SAMPLE[:-1] + "1", "identity_number_check"),
        ("110105491231002", "identity_number_form"),
        (SAMPLE + "1", "identity_number_form"),
        ("01010519491231002X", "identity_number_form"),
        ("1101051949123100２XX", "identity_number_form"),
        ("11010519491231OO2X", "identity_number_form"),
        ("", "string_too_short"),
        (invented_number(region="990105"), "identity_number_region"),
        (invented_number(region="810105"), "identity_number_region"),
        (invented_number("19810229"), "identity_number_birth_date"),
        (invented_number("19801301"), "identity_number_birth_date"),
        (invented_number("18991231"), "identity_number_birth_date"),
    ],
)
def test_what_is_no_number_is_refused_by_the_rule_that_it_breaks(written: str, rule: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NUMBER.validate_python(written)
    (error,) = refused.value.errors()
    assert error["type"] == rule
    if rule != "string_too_short":
        assert written not in error["msg"]


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(0, 999), st.integers(0, 16))
def test_a_slip_of_one_digit_is_noticed(born: date, order: int, place: int) -> None:
    number = invented_number(f"{born:%Y%m%d}", order=order)
    slip = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert NUMBER.validate_python(number) == number
    with pytest.raises(ValidationError):
        NUMBER.validate_python(slip)


def test_nobody_is_born_tomorrow_by_the_day_in_china() -> None:
    number = invented_number("20260302")
    require_born(number, datetime(2026, 3, 1, 16, 30, tzinfo=UTC))  # half past midnight in Beijing
    with pytest.raises(Refused) as refused:
        require_born(number, datetime(2026, 3, 1, 15, 30, tzinfo=UTC))
    assert (refused.value.code, refused.value.rule, refused.value.field) == (
        "invalid", "birth_date_in_future", "identity_number",
    )  # fmt: skip
    require_born(None, datetime(2026, 3, 1, tzinfo=UTC))


def test_the_year_of_birth_is_given_or_that_of_the_number_and_the_two_agree() -> None:
    assert known_birth_year(None, SAMPLE) == 1949
    assert known_birth_year(1950, None) == 1950
    assert known_birth_year(None, None) is None
    assert DonorDetails(name="Elm Example", identity_number=SAMPLE).known_birth_year == 1949
    with pytest.raises(ValidationError, match="birth_year_contradicts") as refused:
        DonorDetails(name="Elm Example", identity_number=SAMPLE, birth_year=1950)
    assert SAMPLE not in str(refused.value.errors(include_input=False))
