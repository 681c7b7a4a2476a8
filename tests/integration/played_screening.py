"""The examples of screening, sent in an order that makes sense, and things that a test looks for from elsewhere."""

from typing import Any, Final

import httpx
from gateway_stack import created
from played_examples import Examples

_MOOD: Final[dict[str, Any]] = {
    "zh": "情绪",
    "en": "mood",
    "thresholds": [{"severity": "watch", "answers": ["no"]}],
}
SCREENING_BODIES: Final = {"/v1/indicators/{indicator_id}/revise": _MOOD}
"""The bodies of actions on one of them."""


def screened_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Define an indicator for the district of a station; return its id."""
    area = api.get(f"/v1/stations/{there}").json()["area"][:6]
    asked = {**_MOOD, "area": area, "code": "mood", "kind": "yes_no", "theme": "health", "service": "counselling"}
    return {"indicator_id": created(api, "/v1/indicators", asked)}


def screen(examples: Examples) -> None:
    """Define, revise and retire an indicator, as the examples have it."""
    indicator = {"indicator_id": examples.send("define_indicator")["id"]}
    examples.send("revise_indicator", indicator)
    examples.send("retire_indicator", indicator)
