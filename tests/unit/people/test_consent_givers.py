"""The giver of a consent: a person of fourteen years or more, or the guardian (PIPL, art. 31)."""

from datetime import UTC, date, datetime

import pytest

from shared.contracts.consents import GuardianDetails
from shared.contracts.refusals import Refused
from shared.engine.decide.memory import START
from shared.people.consents.domain import is_of_age, require_giver

GUARDIAN = GuardianDetails(name="Zhou Invented", phone="+8613800000009")


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (date(2012, 3, 1), True),
        (date(2012, 3, 2), False),  # the birthday itself: the year is complete the day after
        (date(2012, 3, 3), False),
        (2011, True),
        (2012, False),  # perhaps thirteen
        (date(2012, 2, 29), True),
    ],
)
def test_a_person_is_of_age_once_fourteen_years_are_complete_for_certain(born: date | int, of_age: bool) -> None:
    assert is_of_age(born, datetime(2026, 3, 2, 4, tzinfo=UTC)) is of_age


def test_the_day_is_that_of_china() -> None:
    born = date(2012, 3, 2)
    assert not is_of_age(born, datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC))
    assert is_of_age(born, datetime(2026, 3, 2, 16, tzinfo=UTC))


def test_a_guardian_is_named_and_a_person_who_consents_alone_has_none() -> None:
    with pytest.raises(Refused, match="guardian_unnamed"):
        require_giver("guardian", None, 2013, START)
    with pytest.raises(Refused, match="guardian_has_no_part"):
        require_giver("self", GUARDIAN, 1990, START)
    require_giver("self", None, None, START)  # nobody knows the age: the recorder answers for it
