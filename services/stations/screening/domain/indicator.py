"""An indicator of an area through its life: defined, revised, retired, defined again. Pure."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from shared.contracts.areas import DISTRICT_DIGITS
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_entry, require_item
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.indicators import (
    YES_NO,
    Choice,
    DefineIndicator,
    IndicatorDefinition,
    IndicatorShape,
    RetireIndicator,
    ReviseIndicator,
    Threshold,
)
from shared.contracts.stations.shipped_indicators import SHIPPED_EDITION, SHIPPED_INDICATORS
from shared.engine.plain import Aggregate

AREA_DIGITS: Final = (2, 4, DISTRICT_DIGITS)
"""The digits of the areas that may have indicators: province, city, district."""


class Indicator(IndicatorShape, Aggregate):
    """An indicator as it is stored. Its id is made of area and code: an area has one of a code."""

    collection: ClassVar[str] = "indicators"


def indicator_id(area: str, code: str) -> str:
    """Return the id of the area's indicator of that code."""
    return f"indicator_{area}_{code}"


def areas_around(area: str) -> tuple[str, ...]:
    """Return the areas whose indicators may count in `area`, the widest first."""
    return tuple(area[:digits] for digits in AREA_DIGITS if len(area) >= digits)


def find_in_force(code: str, area: str, known: Iterable[Indicator]) -> IndicatorDefinition | None:
    """Return the indicator of that code that counts in `area`: the narrowest one among `known`, else the shipped one.

    None for an unknown code, and where the narrowest one is retired.
    """
    around = [one for one in known if one.code == code and area.startswith(one.area)]
    if not around:
        return SHIPPED_INDICATORS.get(code)
    narrowest = max(around, key=lambda one: len(one.area))
    return narrowest if narrowest.state == "in_force" else None


def judging_id(indicator: IndicatorDefinition) -> tuple[str, int]:
    """Return the id and the version by which a result names the indicator that judged it."""
    if isinstance(indicator, Indicator):
        return indicator.id, indicator.version
    return f"shipped_{indicator.code}", SHIPPED_EDITION


def defined(
    asked: DefineIndicator, before: Indicator | None, wider: Sequence[Indicator], catalogue: Catalogue
) -> Indicator:
    """Return the indicator as defined; `before` is the area's own of that code, `wider` are those of wider areas.

    Raises Refused: "conflict" where one is in force, or another kind, unit or scale is known by the code, "invalid" for
    an area smaller than a district, an unknown theme or service, and thresholds that do not fit the kind.
    """
    if len(asked.area) > DISTRICT_DIGITS:
        raise Refused("invalid", "indicator_area_too_small", field="area", area=asked.area)
    if before is not None and before.state == "in_force":
        raise Refused("conflict", "indicator_known", field="code", indicator=before.id)
    shipped = SHIPPED_INDICATORS.get(asked.code)
    for known in (before, *wider, shipped):
        _require_same_values(asked, known)
    after = Indicator(
        id=indicator_id(asked.area, asked.code), version=0 if before is None else before.version, area=asked.area,
        code=asked.code, zh=asked.zh, en=asked.en, kind=asked.kind, unit=asked.unit, scale=asked.scale,
        least=asked.least, most=asked.most, choices=_choices(asked.choices), thresholds=_thresholds(asked.thresholds),
        theme=require_entry(catalogue, "theme", asked.theme, "theme").code,
        service=require_item(catalogue, "service", asked.service, "service").code, source=asked.source,
        state="in_force",
    )  # fmt: skip
    _check(after)
    _require_choices_kept(before, after)
    return after


def revised(asked: ReviseIndicator, before: Indicator) -> Indicator:
    """Return the indicator with other words and thresholds; itself where nothing changes.

    Raises Refused: "wrong_state" of a retired one, "invalid" for thresholds that do not fit, or a choice that is gone.
    """
    require_in_force(before)
    after = before.model_copy(
        update={
            "zh": asked.zh, "en": asked.en, "source": asked.source, "choices": _choices(asked.choices),
            "thresholds": _thresholds(asked.thresholds),
        }
    )  # fmt: skip
    _check(after)
    _require_choices_kept(before, after)
    return before if after == before else after


def retired(_: RetireIndicator, before: Indicator) -> Indicator:
    """Return the indicator as retired. Raises Refused("wrong_state") where it is retired already."""
    require_in_force(before)
    return before.model_copy(update={"state": "retired"})


def require_in_force(indicator: Indicator) -> None:
    """Raise Refused("wrong_state") for a retired indicator."""
    if indicator.state != "in_force":
        raise Refused("wrong_state", "indicator_retired", field="id")


def find_next_step(_: Indicator) -> NextStep | None:
    """Return None: an indicator waits for nothing."""
    return None


def _choices(asked: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(Choice.model_validate(dict(each)) for each in asked)


def _thresholds(asked: Iterable[Threshold]) -> tuple[Threshold, ...]:
    return tuple(Threshold.model_validate(dict(each)) for each in asked)


def _require_same_values(asked: DefineIndicator, known: IndicatorDefinition | None) -> None:
    # The numbers of one code stay comparable from area to area and from year to year.
    if known is None:
        return
    for field in ("kind", "unit", "scale"):
        if getattr(asked, field) != (value := getattr(known, field)):
            raise Refused("conflict", "indicator_values_never_change", field=field, value=str(value))


def _require_choices_kept(before: Indicator | None, after: Indicator) -> None:
    if gone := {each.code for each in before.choices} - {each.code for each in after.choices} if before else set():
        raise Refused("invalid", "choice_never_goes", field="choices", choice=min(gone))


def _check(indicator: Indicator) -> None:
    """Raise Refused("invalid") naming the field that contradicts the kind."""
    if indicator.kind == "number":
        _check_number_kind(indicator)
    elif indicator.kind == "choice":
        _check_choice_kind(indicator)
    else:
        _check_yes_no_kind(indicator)
    for nth, each in enumerate(indicator.thresholds):
        field = f"thresholds.{nth}"
        if each.age_from is not None and each.age_to is not None and each.age_from > each.age_to:
            raise Refused("invalid", "threshold_ages_reversed", field=f"{field}.age_to")
        if indicator.kind == "number":
            _check_number(each, indicator, field)
        else:
            _check_answers(each, answers_of(indicator), field)


def _check_number_kind(indicator: Indicator) -> None:
    if indicator.unit is None:
        raise Refused("invalid", "number_has_unit", field="unit")
    if indicator.least >= indicator.most:
        raise Refused("invalid", "number_has_range", field="most")
    if indicator.choices:
        raise Refused("invalid", "only_choice_has_choices", field="choices")


def _check_choice_kind(indicator: Indicator) -> None:
    _refuse_number_fields(indicator)
    codes = [each.code for each in indicator.choices]
    if not codes or len(set(codes)) < max(len(codes), 2):
        raise Refused("invalid", "choices_differ", field="choices")


def _check_yes_no_kind(indicator: Indicator) -> None:
    _refuse_number_fields(indicator)
    if indicator.choices:
        raise Refused("invalid", "only_choice_has_choices", field="choices")


def _refuse_number_fields(indicator: Indicator) -> None:
    for field in ("unit", "scale", "least", "most"):
        if getattr(indicator, field):
            raise Refused("invalid", "only_number_has_unit", field=field)


def _check_number(threshold: Threshold, indicator: Indicator, field: str) -> None:
    bounds = [bound for bound in (threshold.at_least, threshold.at_most) if bound is not None]
    if not bounds or threshold.answers or bounds != sorted(bounds):
        raise Refused("invalid", "threshold_has_bounds", field=field)
    if min(bounds) < indicator.least or max(bounds) > indicator.most:
        raise Refused("invalid", "threshold_out_of_range", field=field, least=indicator.least, most=indicator.most)


def _check_answers(threshold: Threshold, answers: Sequence[str], field: str) -> None:
    if not threshold.answers or threshold.at_least is not None or threshold.at_most is not None:
        raise Refused("invalid", "threshold_has_answers", field=field)
    if strange := set(threshold.answers) - set(answers):
        raise Refused("invalid", "known_answer", field=f"{field}.answers", answer=min(strange))


def answers_of(indicator: IndicatorDefinition) -> Sequence[str]:
    """Return the codes of the answers to an indicator that is no number."""
    return YES_NO if indicator.kind == "yes_no" else tuple(each.code for each in indicator.choices)
