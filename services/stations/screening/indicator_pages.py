"""The indicators in force at a place, page by page. Read-only."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from services.stations.screening.domain.indicator import Indicator, areas_around, find_in_force, judging_id
from shared.contracts.stations.indicators import IndicatorDefinition, IndicatorInForce, IndicatorsAnswer, ListIndicators
from shared.contracts.stations.shipped_indicators import SHIPPED_INDICATORS
from shared.engine import Document, Store

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query."""


def list_indicators(query: ListIndicators, store: Store) -> IndicatorsAnswer:
    """Return a page of the indicators in force, by code."""
    areas = areas_around(query.area)
    rule: Document = {"area": {"$in": list(areas)}, "code": {"$gt": query.after or ""}}
    # Enough for one code more than the page has, though each area should have every one of them.
    most = (query.limit + 1) * max(len(areas), 1)
    rows = store[Indicator.collection].find(rule, sort=[("code", 1)], limit=most).max_time_ms(MAX_MILLIS)
    return page_of(query, map(Indicator.from_document, rows))


def page_of(query: ListIndicators, around: Iterable[Indicator]) -> IndicatorsAnswer:
    """Return the page, of the indicators `around` with the first codes after `after`: one code more than it has."""
    known: defaultdict[str, list[Indicator]] = defaultdict(list)
    for indicator in around:
        known[indicator.code].append(indicator)
    codes = sorted({*known, *(code for code in SHIPPED_INDICATORS if code > (query.after or ""))})
    page = codes[: query.limit]
    found = (find_in_force(code, query.area, known.get(code, [])) for code in page)
    items = tuple(_show(indicator) for indicator in found if indicator is not None)
    return IndicatorsAnswer(items=items, next=page[-1] if len(codes) > query.limit else None)


def _show(indicator: IndicatorDefinition) -> IndicatorInForce:
    named, version = judging_id(indicator)
    area = indicator.area if isinstance(indicator, Indicator) else None
    return IndicatorInForce.model_validate({**dict(indicator), "id": named, "version": version, "area": area})
