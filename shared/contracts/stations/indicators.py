"""Indicators of risk (筛查指标): the question of a screening, its values, and the thresholds of severity.

An indicator is data of a city, a province or a district. It holds nothing about a person.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import (
    OPEN,
    Answer,
    EventData,
    Id,
    Label,
    Message,
    Name,
    PublicLabel,
    PublicName,
    Query,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.plain import Action, Creation, Shape

IndicatorKind = Literal["number", "choice", "yes_no"]
"""数值, 选项, 是否."""
IndicatorState = Literal["in_force", "retired"]
RiskSeverity = Literal["watch", "high", "critical"]
"""关注, 高风险, 危急: by rising severity."""
SEVERITIES: Final[tuple[RiskSeverity, ...]] = ("watch", "high", "critical")
People = Literal["everybody", "women", "men"]
MOST_THRESHOLDS: Final = 20
MOST_CHOICES: Final = 20
MOST_SCALE: Final = 3
MOST_LISTED: Final = 200
LARGEST: Final = 1_000_000
"""The largest value of a number, in its smallest step."""
OLDEST: Final = 150
YES_NO: Final = ("no", "yes")
"""The answers of an indicator of yes or no."""
MANAGE: Final[Permission] = "indicators:manage"

_CROSSING: Final = "The values that cross, by severity."
Number = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
Years = Annotated[int, Field(strict=True, ge=0, le=OLDEST)]
_SCALE: Final = "Decimal places of the unit that a number counts: with 1, the value 61 is 6.1. Never changes."
_UNIT: Final = "The unit of a number, such as mmHg; null for other kinds. Never changes."


class Choice(Message):
    """One of the answers to an indicator of choices."""

    code: Code
    zh: Label
    en: Label


class ChoiceAsked(Choice):
    """A choice as a city defines it."""

    zh: PublicLabel
    en: PublicLabel


class Threshold(Message):
    """The values that have one severity: numbers from `at_least` on and up to `at_most`, or one of the `answers`.

    It counts for `people` of `age_from` to `age_to` years alone.
    """

    severity: Annotated[RiskSeverity, OPEN]
    at_least: Number | None = Field(default=None, description="The least number that crosses, in the indicator's step.")
    at_most: Number | None = Field(default=None, description="The largest number that crosses.")
    answers: tuple[Code, ...] = Field(default=(), max_length=MOST_CHOICES, description="The answers that cross.")
    people: Annotated[People, OPEN] = Field(default="everybody", description="The people for whom it counts.")
    age_from: Years | None = Field(default=None, description="The first year of age for which it counts.")
    age_to: Years | None = Field(default=None, description="The last year of age for which it counts.")


class ThresholdAsked(Threshold):
    """A threshold as a city defines it."""

    severity: RiskSeverity
    people: People = Field(default="everybody", description="The people for whom it counts.")


class IndicatorDefinition(Answer):
    """The words, the values and the thresholds of an indicator.

    A value that crosses may open a need of `theme` for one unit of `service`, both codes of the catalogue.
    """

    code: Code = Field(description="Names the indicator in an area for good.")
    zh: Label
    en: Label
    kind: Annotated[IndicatorKind, OPEN] = Field(description="The kind of its values. Never changes.")
    unit: Label | None = Field(default=None, description=_UNIT)
    scale: int = Field(default=0, description=_SCALE)
    least: int = Field(default=0, description="The least number that can be measured.")
    most: int = Field(default=0, description="The largest number that can be measured.")
    choices: tuple[Choice, ...] = Field(default=(), max_length=MOST_CHOICES, description="The answers to choose from.")
    thresholds: tuple[Threshold, ...] = Field(max_length=MOST_THRESHOLDS, description=_CROSSING)
    theme: Code = Field(description="The theme of a need that a crossing opens.")
    service: Code = Field(description="The service that such a need asks for.")
    source: Name | None = Field(default=None, description="The publication that the thresholds are from.")


class IndicatorShape(IndicatorDefinition, Shape):
    """An indicator of an area. The narrowest area's counts there, before a wider one's and the shipped one."""

    state: Annotated[IndicatorState, OPEN]


@event
class IndicatorDefined(IndicatorShape, EventData):
    """An area has an indicator of its own, or one that was retired again."""

    type: ClassVar[str] = "stations.indicator.defined"


@event
class IndicatorRevised(IndicatorShape, EventData):
    """Words or thresholds of an indicator are others than before; results keep the version that judged them."""

    type: ClassVar[str] = "stations.indicator.revised"


@event
class IndicatorRetired(IndicatorShape, EventData):
    """An indicator is no longer used in its area; its results stay."""

    type: ClassVar[str] = "stations.indicator.retired"


@command
class DefineIndicator(Creation):
    """Define an indicator for a province, a city or a district. Answers IndicatorShape.

    One with the code of a wider area, or of a shipped one, counts in its place; kind, unit and scale are theirs.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "DefineIndicator"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode
    code: Code = Field(description="Names the indicator in the area for good.")
    zh: PublicLabel
    en: PublicLabel
    kind: IndicatorKind = Field(description="The kind of its values. Never changes.")
    unit: PublicLabel | None = Field(default=None, description=_UNIT)
    scale: int = Field(default=0, strict=True, ge=0, le=MOST_SCALE, description=_SCALE)
    least: Number = Field(default=0, description="The least number that can be measured; a smaller one is refused.")
    most: Number = Field(default=0, description="The largest number that can be measured; a larger one is refused.")
    choices: tuple[ChoiceAsked, ...] = Field(
        default=(), max_length=MOST_CHOICES, description="The answers to choose from."
    )
    thresholds: tuple[ThresholdAsked, ...] = Field(min_length=1, max_length=MOST_THRESHOLDS, description=_CROSSING)
    theme: Label = Field(description="The theme of a need that a crossing opens.")
    service: Label = Field(description="The service that such a need asks for.")
    source: PublicName | None = Field(default=None, description="The publication that the thresholds are from.")


@command
class ReviseIndicator(Action):
    """Replace words, choices and thresholds of an indicator for results from now on. Answers IndicatorShape.

    Choices may be added, and none is taken away.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReviseIndicator"
    permission: ClassVar[Permission] = MANAGE
    zh: PublicLabel
    en: PublicLabel
    choices: tuple[ChoiceAsked, ...] = Field(
        default=(), max_length=MOST_CHOICES, description="The answers to choose from."
    )
    thresholds: tuple[ThresholdAsked, ...] = Field(min_length=1, max_length=MOST_THRESHOLDS, description=_CROSSING)
    source: PublicName | None = Field(default=None, description="The publication that the thresholds are from.")


@command
class RetireIndicator(Action):
    """Use an indicator no longer in its area; its results stay. Answers IndicatorShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RetireIndicator"
    permission: ClassVar[Permission] = MANAGE


class IndicatorInForce(IndicatorDefinition):
    """An indicator that counts at a place. `id` and `version` are those that a result keeps."""

    id: Id = Field(description="The indicator, `shipped_…` for one of the release.")
    version: int = Field(description="The version by which values are judged now.")
    area: AreaCode | None = Field(default=None, description="The area that has defined it; null for a shipped one.")


class IndicatorsAnswer(Answer):
    """A page of indicators, by code. `next` is the `after` of the page that follows."""

    items: tuple[IndicatorInForce, ...] = ()
    next: Code | None = None


@query
class ListIndicators(Query[IndicatorsAnswer]):
    """List the indicators that count in an area, by code: the narrowest area's, else the shipped ones."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ListIndicators"
    area: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = ""
    after: Code | None = None
    limit: int = Field(default=50, ge=1, le=MOST_LISTED)
