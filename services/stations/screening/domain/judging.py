"""The judging of a measured value: the gravest severity among the thresholds that it crosses. Pure, without floats."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.stations.screening.domain.indicator import answers_of
from shared.contracts.refusals import Refused
from shared.contracts.stations.indicators import SEVERITIES, IndicatorDefinition, RiskSeverity, Threshold

PEOPLE_OF: Final = {"female": "women", "male": "men"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A value: `number` in the indicator's smallest step, or `answer`, a code."""

    number: int | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """The person, as far as thresholds ask: `sex` is female or male, `age` in full years; None where it is unknown."""

    sex: str | None = None
    age: int | None = None


def check_value(indicator: IndicatorDefinition, value: Measured, field: str) -> None:
    """Raise Refused("invalid") naming the field of a value that the indicator cannot have; `field` holds the value."""
    if indicator.kind != "number":
        if value.number is not None or value.answer not in answers_of(indicator):
            answers = ",".join(answers_of(indicator))
            raise Refused("invalid", "answer_of_indicator", field=_at(field, "chosen"), answers=answers)
        return
    if value.number is None or value.answer is not None:
        raise Refused("invalid", "number_of_indicator", field=_at(field, "measured"), indicator=indicator.code)
    if not indicator.least <= value.number <= indicator.most:
        raise Refused(
            "invalid", "number_out_of_range", field=_at(field, "measured"), least=indicator.least, most=indicator.most,
            scale=indicator.scale,
        )  # fmt: skip


def _at(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def judge(indicator: IndicatorDefinition, value: Measured, person: Examined, field: str) -> RiskSeverity | None:
    """Return the gravest severity that the value has for the person; None where it crosses no threshold.

    Raises Refused("invalid") as `check_value` does, and where a threshold that the value crosses asks for a sex or an
    age that is unknown: nobody is left out of a threshold in silence.
    """
    check_value(indicator, value, field)
    crossed = [each for each in indicator.thresholds if _crosses(each, value)]
    ranks = [SEVERITIES.index(each) for each in _severities(crossed, person, field) if each in SEVERITIES]
    return SEVERITIES[max(ranks)] if ranks else None


def _severities(crossed: list[Threshold], person: Examined, field: str) -> Iterator[str]:
    for each in crossed:
        if each.people != "everybody" and person.sex is None:
            raise Refused("invalid", "threshold_asks_sex", field="sex", result=field or "measured")
        if (each.age_from is not None or each.age_to is not None) and person.age is None:
            raise Refused("invalid", "threshold_asks_age", field="resident_id", result=field or "measured")
        if _counts_for(each, person):
            yield each.severity


def _crosses(threshold: Threshold, value: Measured) -> bool:
    if value.number is None:
        return value.answer in threshold.answers
    above = threshold.at_least is None or value.number >= threshold.at_least
    below = threshold.at_most is None or value.number <= threshold.at_most
    return above and below and not threshold.answers


def _counts_for(threshold: Threshold, person: Examined) -> bool:
    if threshold.people != "everybody" and threshold.people != PEOPLE_OF.get(person.sex or ""):
        return False
    age = person.age
    if age is None:
        return True
    return (threshold.age_from or 0) <= age and (threshold.age_to is None or age <= threshold.age_to)
