"""One class for a state in a generated client: enumerations have names of their own."""

from typing import Any, get_args

import pytest
from described_api import describe

from services.gateway.description.enumerations import name_enumerations
from shared.contracts.stations.needs import NeedState


def test_a_state_is_the_same_enumeration_in_requests_answers_and_events() -> None:
    schemas, named = describe()["components"]["schemas"], {"$ref": "#/components/schemas/NeedState"}
    assert schemas["NeedState"]["enum"] == list(get_args(NeedState))
    for model in ("NeedAnswer", "NeedListed", "NeedPublished"):
        assert named in schemas[model]["properties"]["state"]["anyOf"]
    asked = describe()["paths"]["/v1/needs"]["get"]["parameters"]
    (states,) = (each["schema"]["items"] for each in asked if each["name"] == "state")
    assert states == named


def test_a_new_enumeration_needs_a_name() -> None:
    described = _described({"colour": {"type": "string", "enum": ["red", "blue"]}})
    with pytest.raises(ValueError, match="the enumeration red, blue has no name"):
        name_enumerations(described)


def test_a_name_that_a_schema_has_is_no_name_of_an_enumeration() -> None:
    described = _described({"state": {"type": "string", "enum": list(get_args(NeedState))}})
    described["components"]["schemas"]["NeedState"] = {"type": "object"}
    with pytest.raises(ValueError, match="NeedState"):
        name_enumerations(described)


def _described(properties: dict[str, Any]) -> dict[str, Any]:
    return {"components": {"schemas": {"Thing": {"type": "object", "properties": properties}}}, "paths": {}}
