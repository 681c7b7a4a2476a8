"""Indicators of risk: a city defines, revises and retires its own; the shipped ones count elsewhere."""

from typing import Any

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.screening.domain.indicator import Indicator, find_in_force, judging_id
from services.stations.screening.indicator_pages import page_of
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.indicators import (
    DefineIndicator,
    IndicatorDefinition,
    IndicatorShape,
    ListIndicators,
    RetireIndicator,
    ReviseIndicator,
)
from shared.contracts.stations.shipped_indicators import SHIPPED_INDICATORS

CITY = COMMUNITY[:4]
DISTRICT = COMMUNITY[:6]
HEALTH = Actor(kind="person", id="account_health", roles=("supervisor",), area=CITY)
PULSE: dict[str, Any] = {
    "area": CITY, "code": "pulse", "zh": "心率", "en": "pulse", "kind": "number", "unit": "bpm", "least": 20,
    "most": 250, "thresholds": [{"severity": "high", "at_least": 130}], "theme": "health",
    "service": "medical consultation",
}  # fmt: skip
MEALS: dict[str, Any] = {
    "area": CITY, "code": "meals", "zh": "用餐", "en": "meals", "kind": "choice", "theme": "meal_service",
    "choices": [{"code": "alone", "zh": "独自", "en": "alone"}, {"code": "shared", "zh": "共餐", "en": "shared"}],
    "thresholds": [{"severity": "watch", "answers": ["alone"]}], "service": "home_help",
}  # fmt: skip


class Town:
    """The service with the areas of a city, and calls for the commands of its indicators."""

    def __init__(self) -> None:
        self.engine = StationsInMemory().engine
        self.engine.command(ImportAreas(rows=(AreaRow(code=CITY, name="City"), AreaRow(code=DISTRICT, name="West"))))

    def send(self, command: Any) -> IndicatorShape:
        answer: IndicatorShape = self.engine.command(command, actor=HEALTH)
        return answer

    def define(self, base: dict[str, Any] = PULSE, **changes: Any) -> IndicatorShape:
        return self.send(DefineIndicator.model_validate({**base, **changes}))

    def refusal(self, base: dict[str, Any] = PULSE, **changes: Any) -> tuple[str, str | None]:
        with pytest.raises(Refused) as refused:
            self.define(base, **changes)
        return refused.value.rule, refused.value.field

    def in_force(self, code: str, area: str = COMMUNITY) -> IndicatorDefinition | None:
        return find_in_force(code, area, self.engine.all(Indicator))


@pytest.fixture
def town() -> Town:
    return Town()


def revision(indicator: IndicatorShape, **changes: Any) -> ReviseIndicator:
    posted = {"zh": "心率", "en": "pulse", "thresholds": [{"severity": "high", "at_least": 120}], **changes}
    return ReviseIndicator.model_validate({"id": indicator.id, **posted})


def test_a_city_that_has_defined_nothing_has_the_shipped_indicators(town: Town) -> None:
    pressure = town.in_force("systolic_pressure")
    assert pressure is SHIPPED_INDICATORS["systolic_pressure"]
    assert judging_id(pressure) == ("shipped_systolic_pressure", 1)
    assert town.in_force("unheard_of") is None


@pytest.mark.parametrize("indicator", SHIPPED_INDICATORS.values(), ids=lambda one: one.code)
def test_a_shipped_indicator_could_be_defined_by_a_city_and_asks_for_a_service_of_the_catalogue(
    town: Town, indicator: IndicatorDefinition
) -> None:
    assert SHIPPED.get("theme", indicator.theme) is not None
    assert (SHIPPED.get("item", indicator.service) or SHIPPED.entries["item", "rice"]).form == "service"
    assert town.define({**indicator.model_dump(mode="json"), "area": CITY}).version == 1
    assert indicator.source, "a threshold names the publication that it is from"


def test_the_indicator_of_the_narrowest_area_counts_there_alone(town: Town) -> None:
    town.define()
    town.define(area=DISTRICT, thresholds=[{"severity": "watch", "at_least": 90}])
    here, elsewhere = town.in_force("pulse"), town.in_force("pulse", CITY + "99001001")
    assert here is not None
    assert elsewhere is not None
    assert (here.thresholds[0].severity, elsewhere.thresholds[0].severity) == ("watch", "high")
    assert town.in_force("pulse", "222405001001") is None


def test_a_retired_indicator_hides_those_of_wider_areas_until_it_is_defined_again(town: Town) -> None:
    town.define()
    own = town.define(area=DISTRICT)
    assert town.send(RetireIndicator(id=own.id)).state == "retired"
    assert town.in_force("pulse") is None
    assert town.define(area=DISTRICT).version == 3
    assert town.in_force("pulse") is not None


def test_a_revision_is_a_new_version_and_one_without_change_is_no_news(town: Town) -> None:
    before = town.define()
    after = town.send(revision(before))
    assert (after.version, after.thresholds[0].at_least) == (2, 120)
    assert town.send(revision(before)).version == 2
    with pytest.raises(Refused) as refused:
        town.send(revision(before, thresholds=[{"severity": "high", "at_least": 300}]))
    assert refused.value.rule == "threshold_out_of_range"


def test_a_retired_indicator_is_not_revised(town: Town) -> None:
    gone = town.define()
    town.send(RetireIndicator(id=gone.id))
    for command in (revision(gone), RetireIndicator(id=gone.id)):
        with pytest.raises(Refused) as refused:
            town.send(command)
        assert refused.value.rule == "indicator_retired"


def test_a_choice_that_may_have_results_never_goes(town: Town) -> None:
    meals = town.define(MEALS)
    thresholds = [{"severity": "watch", "answers": ["shared"]}]
    with pytest.raises(Refused) as refused:
        town.send(revision(meals, choices=[*MEALS["choices"][1:], PULSE_CHOICE], thresholds=thresholds))
    assert refused.value.rule == "choice_never_goes"
    more = [*MEALS["choices"], PULSE_CHOICE]
    assert len(town.send(revision(meals, choices=more, thresholds=thresholds)).choices) == 3


PULSE_CHOICE = {"code": "none", "zh": "不用餐", "en": "none"}


@pytest.mark.parametrize(
    ("base", "changes", "rule", "field"),
    [
        (PULSE, {"area": COMMUNITY}, "indicator_area_too_small", "area"),
        (PULSE, {"area": CITY + "99"}, "unknown_area", "area"),
        (PULSE, {"unit": None}, "number_has_unit", "unit"),
        (PULSE, {"most": 20}, "number_has_range", "most"),
        (PULSE, {"choices": [PULSE_CHOICE]}, "only_choice_has_choices", "choices"),
        (PULSE, {"thresholds": [{"severity": "high", "answers": ["yes"]}]}, "threshold_has_bounds", "thresholds.0"),
        (
            PULSE,
            {"thresholds": [{"severity": "high", "at_least": 9, "at_most": 8}]},
            "threshold_has_bounds",
            "thresholds.0",
        ),
        (
            PULSE,
            {"thresholds": [{"severity": "high", "at_least": 130, "age_from": 80, "age_to": 60}]},
            "threshold_ages_reversed",
            "thresholds.0.age_to",
        ),
        (PULSE, {"theme": "astrology"}, "unlike_any_label", "theme"),
        (PULSE, {"service": "rice"}, "item_of_other_form", "service"),
        (PULSE, {"code": "systolic_pressure"}, "indicator_values_never_change", "unit"),
        (MEALS, {"unit": "g"}, "only_number_has_unit", "unit"),
        (MEALS, {"choices": [PULSE_CHOICE, PULSE_CHOICE]}, "choices_differ", "choices"),
        (MEALS, {"kind": "yes_no"}, "only_choice_has_choices", "choices"),
        (MEALS, {"thresholds": [{"severity": "high", "at_least": 1}]}, "threshold_has_answers", "thresholds.0"),
        (
            MEALS,
            {"thresholds": [{"severity": "high", "answers": ["never"]}]},
            "known_answer",
            "thresholds.0.answers",
        ),
    ],
)
def test_an_indicator_that_cannot_judge_is_refused_by_name(
    town: Town, base: dict[str, Any], changes: dict[str, Any], rule: str, field: str
) -> None:
    refused = town.refusal(base, **changes)
    assert refused[1] == field
    assert refused[0] in {rule, "unknown_label"}
    assert not town.engine.all(Indicator)


def test_an_area_has_one_indicator_of_a_code_at_a_time(town: Town) -> None:
    town.define()
    assert town.refusal() == ("indicator_known", "code")
    assert town.refusal(area=DISTRICT, scale=1) == ("indicator_values_never_change", "scale")


def test_the_indicators_in_force_are_listed_by_code_page_by_page(town: Town) -> None:
    town.define()
    town.define(area=DISTRICT, thresholds=[{"severity": "watch", "at_least": 90}])
    town.send(RetireIndicator(id=town.define({**SHIPPED_INDICATORS["gds_15"].model_dump(), "area": CITY}).id))
    seen, after = [], None
    for _ in range(10):
        later = sorted(
            (one for one in town.engine.all(Indicator) if one.code > (after or "")), key=lambda one: one.code
        )
        page = page_of(ListIndicators(area=COMMUNITY, after=after, limit=3), later)
        seen += [(one.code, one.area) for one in page.items]
        if (after := page.next) is None:
            break
    expected = sorted({*SHIPPED_INDICATORS, "pulse"} - {"gds_15"})
    assert [code for code, _ in seen] == expected
    assert dict(seen)["pulse"] == DISTRICT
    assert dict(seen)["falls_in_a_year"] is None, "a shipped one"
