"""The commands of indicators, and the indicators in force at a place.

A definition is written here: the indicator's id is made of area and code, and a wider area may know the code.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.screening.domain.indicator import (
    Indicator,
    areas_around,
    defined,
    find_in_force,
    find_next_step,
    indicator_id,
    retired,
    revised,
)
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts.stations.indicators import (
    DefineIndicator,
    IndicatorDefined,
    IndicatorDefinition,
    IndicatorRetired,
    IndicatorRevised,
    IndicatorShape,
    RetireIndicator,
    ReviseIndicator,
)
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, UnitOfWork, take_turn
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain

INDICATORS: Final = Plain(Indicator, "indicator", IndicatorShape, find_next_step)


def load_indicators(codes: Iterable[str], area: str) -> list[Load]:
    """Return the loads for `find_indicator`: at most three a code."""
    return [Get(Indicator, indicator_id(around, code)) for code in codes for around in areas_around(area)]


def find_indicator(work: UnitOfWork, code: str, area: str) -> IndicatorDefinition | None:
    """Return the indicator of that code in force in the area, as `find_in_force` does. Needs `load_indicators`."""
    loaded = (work.get(Indicator, indicator_id(around, code)) for around in areas_around(area))
    return find_in_force(code, area, [one for one in loaded if one is not None])


def define_indicator(message: Incoming[DefineIndicator], vault: Namer) -> Handling:
    """Store an indicator of an area, or a retired one again. Answers IndicatorShape.

    Raises Refused("invalid") for an unknown area, and as `defined` does.
    """
    asked = message.data
    loads: list[Load] = [
        *load_indicators((asked.code,), asked.area), Get(Indicator, indicator_id(asked.area, asked.code)),
        *load_areas(asked.area), *name_load(vault, message.actor.principal, INDICATORS.kind, asked.external_id),
    ]  # fmt: skip
    work = yield from take_turn(partial(load_catalogue, *loads))
    check_known(work, "area", asked.area)
    around = (indicator_id(area, asked.code) for area in areas_around(asked.area) if area != asked.area)
    wider = [known for one in around if (known := work.get(Indicator, one)) is not None]
    before = work.get(Indicator, indicator_id(asked.area, asked.code))
    after = defined(asked, before, wider, catalogue_of(work))
    keep_name(work, vault, INDICATORS.kind, after.id, asked.external_id)
    return INDICATORS.store(work, before, after, IndicatorDefined)


HANDLERS: Final[HandlerTable] = {
    DefineIndicator: define_indicator,
    ReviseIndicator: INDICATORS.change(lambda asked, before, _: revised(asked, before), IndicatorRevised),
    RetireIndicator: INDICATORS.change(lambda asked, before, _: retired(asked, before), IndicatorRetired),
}
