"""The alert and recording rules as the dashboards show them: a panel and its alert share series and threshold."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

RULES: Final = Path(__file__).resolve().parents[2] / "monitoring" / "rules"
_COMPARISON: Final = re.compile(r"(?P<series>.*) (?:[<>]|==) (?P<threshold>[0-9.]+)")


@dataclass(frozen=True)
class Alert:
    """An alert of the form `series > threshold`."""

    series: str
    threshold: float


def find_alert(name: str) -> Alert:
    """Return an alert. Raises LookupError where there is none of that name, ValueError where it has another form."""
    found = _COMPARISON.fullmatch(_find_expression("alerts", "alert", name))
    if found is None:
        raise ValueError(f"{name} does not compare a series with a number")
    return Alert(found["series"], float(found["threshold"]))


def find_selector(record: str) -> str:
    """Return the label matchers of the first metric in a recording rule. Raises LookupError, ValueError."""
    found = re.search(r"\{([^}]*)\}", _find_expression("recording", "record", record))
    if found is None:
        raise ValueError(f"{record} selects no labels")
    return found[1]


def _find_expression(file: str, kind: str, name: str) -> str:
    for group in _read(file)["groups"]:
        for rule in group["rules"]:
            if rule.get(kind) == name:
                return " ".join(str(rule["expr"]).split())
    raise LookupError(f"{RULES / file}.yaml has no {kind} {name}")


@cache
def _read(file: str) -> dict[str, list[dict[str, list[dict[str, object]]]]]:
    rules: dict[str, list[dict[str, list[dict[str, object]]]]] = yaml.safe_load(
        (RULES / f"{file}.yaml").read_text(encoding="utf-8")
    )
    return rules
