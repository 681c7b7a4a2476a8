"""Filters and expressions of MongoDB, as far as the engine uses them; an unknown operator raises KeyError."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.city.store import Document, values_of

_TYPES: Final[dict[str, type]] = {"date": datetime, "string": str}
_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$in": lambda value, given: value in given,
    "$lt": lambda value, given: value is not None and value < given,
    "$lte": lambda value, given: value is not None and value <= given,
    "$gt": lambda value, given: value is not None and value > given,
    "$gte": lambda value, given: value is not None and value >= given,
    "$ne": lambda value, given: value != given,
    "$type": lambda value, given: isinstance(value, _TYPES[given]),
}
_LOGIC: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "$and": all,
    "$or": any,
    "$ifNull": lambda values: values[1] if values[0] is None else values[0],
    "$cond": lambda values: values[1] if values[0] else values[2],
    "$in": lambda values: values[0] in values[1],
    "$size": lambda values: len(values[0]),
}
_ORDER: Final[dict[str, Callable[[int], bool]]] = {
    "$lt": lambda order: order < 0,
    "$lte": lambda order: order <= 0,
    "$gt": lambda order: order > 0,
    "$gte": lambda order: order >= 0,
    "$eq": lambda order: order == 0,
    "$ne": lambda order: order != 0,
}


def machine_now() -> datetime:
    """Return the time of this machine (UTC)."""
    return datetime.now(UTC)


def fits(document: Document, rule: Mapping[str, Any], now: Callable[[], datetime] = machine_now) -> bool:
    """Return whether the document fits the filter; of a list one element suffices."""
    for name, wanted in rule.items():
        if name == "$or":
            if not any(fits(document, part, now) for part in wanted):
                return False
        elif name == "$expr":
            if not evaluate(wanted, document, now):
                return False
        elif isinstance(wanted, dict) and wanted and next(iter(wanted)).startswith("$"):
            if not all(_fits_test(document, name, test, given) for test, given in wanted.items()):
                return False
        elif wanted not in _values(document, name) and document.get(name) != wanted:
            return False
    return True


def _values(document: Document, name: str) -> list[Any]:
    """Return the values of a field, or of a field of each part of a list: `dispatches.volunteer_id`."""
    first, dot, rest = name.partition(".")
    parts = document.get(first)
    if not dot or not isinstance(parts, list):
        return values_of(document, name)
    return [value for part in parts if isinstance(part, dict) for value in values_of(part, rest)]


def evaluate(expression: Any, document: Document, now: Callable[[], datetime]) -> Any:
    """Return the value of an aggregation expression; a missing field is None, which is less than anything."""
    if isinstance(expression, str):
        if expression == "$$NOW":
            return now()
        return document.get(expression[1:]) if expression.startswith("$") else expression
    ((operator, given),) = expression.items() if isinstance(expression, dict) else [("$literal", expression)]
    if operator == "$literal":
        return given
    values = [evaluate(part, document, now) for part in (given if isinstance(given, list) else [given])]
    if operator in _LOGIC:
        return _LOGIC[operator](values)
    if operator in ("$add", "$subtract"):
        first, second = values
        step = timedelta(milliseconds=second) if isinstance(first, datetime) else second
        return first + step if operator == "$add" else first - step
    return _ORDER[operator](_compare(*values))


def _compare(one: Any, other: Any) -> int:
    if one is None or other is None:
        return int(one is not None) - int(other is not None)
    return int(one > other) - int(one < other)


def _fits_test(document: Document, name: str, test: str, given: Any) -> bool:
    if test == "$exists":
        return bool((_resolve(document, name) is not None) == given)
    if test == "$not":
        return not all(_fits_test(document, name, inner, bound) for inner, bound in given.items())
    if test == "$nin":
        return not any(value in given for value in values_of(document, name))
    return any(_TESTS[test](value, given) for value in values_of(document, name))


def _resolve(document: Document, path: str) -> Any:
    found: Any = document
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part)] if len(found) > int(part) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found
