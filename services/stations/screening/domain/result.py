"""Results of a screening: one a resident and indicator, corrected by a new one; the value sealed. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar, Final

from services.stations.screening.domain.judging import Examined, Measured
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.refusals import Refused
from shared.contracts.stations.residents import ResidentParticulars
from shared.engine import Entity
from shared.people import Purpose

VALUE: Final = "value"
SEALED: Final[dict[str, Purpose]] = {VALUE: "person"}
"""The sealed field of a result, with the purpose of the key that seals it: the resident's own."""
_SEX_DIGIT: Final = 16
"""The place of the digit of an identity number that is odd for men (GB 11643-1999)."""


class Result(Entity):
    """A result, by the indicator `judged_by` in its version `judged_version`. The value is sealed.

    `recorded_by` is an actor reference. A correction is a result of its own; `replaced_by` then names it.
    """

    collection: ClassVar[str] = "screening_results"

    area: str
    screening_id: str
    station_id: str
    resident_id: str
    indicator: str
    judged_by: str
    judged_version: int
    severity: str | None
    value: str
    measured_at: datetime | None = None
    recorded_at: datetime
    recorded_by: str
    alert_id: str = ""
    need_id: str = ""
    correction: str = ""
    replaced_by: str = ""


class Examination(Entity):
    """The results of one resident in one screening, by indicator: of each, the last one stands.

    Its id is made of both, so that of two records at once the second is decided again. `need_id` is the need that was
    opened for the resident; another follows only where that one has ended. `day` is the legal day on which the
    screening began; `counted` has the places in which the person is counted by this one, see `people`.
    """

    collection: ClassVar[str] = "examinations"

    area: str
    screening_id: str
    resident_id: str
    results: Mapping[str, str] = {}
    need_id: str = ""
    day: str = ""
    counted: Mapping[str, Sequence[int]] = {}


def examination_id(screening_id: str, resident_id: str) -> str:
    """Return the id of the examination of that resident in that screening."""
    return f"{screening_id}:{resident_id}"


def place_of(result_id: str) -> tuple[str, str, str]:
    """Return the place that a value is sealed for."""
    return Result.collection, result_id, VALUE


def write_value(value: Measured) -> str:
    """Return the text that is sealed."""
    return json.dumps({"number": value.number, "answer": value.answer})


def read_value(text: str) -> Measured:
    """Return the value of the text."""
    stored = json.loads(text)
    return Measured(stored["number"], stored["answer"])


def describe_person(person: ResidentParticulars, sex: str | None, now: datetime) -> Examined:
    """Return the person as thresholds ask: the sex of the identity number, else the one given; the full years of age.

    Of somebody whose year of birth alone is known, the age is the one that is reached in this year.
    """
    number = person.identity_number
    if number is not None:
        sex = "male" if int(number[_SEX_DIGIT]) % 2 else "female"
    today = now.astimezone(LEGAL_ZONE).date()
    born = person.known_birth_date
    if born is not None:
        return Examined(sex, _age(born, today))
    year = person.known_birth_year
    return Examined(sex, None if year is None else today.year - year)


def require_current(result: Result) -> None:
    """Raise Refused("wrong_state") for a result that was replaced, naming the one that stands."""
    if result.replaced_by:
        raise Refused("wrong_state", "result_replaced", field="id", result=result.replaced_by)


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
