"""Each body has an example that would be taken, and each example of an answer is one that could be given."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from described_api import describe, list_operations
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from services.gateway.description.examples import ANSWERS, BODIES
from services.gateway.features.needs.request import NeedIn
from services.gateway.http import documented
from tests.each import for_each

MAIN_STORY: Final = Path(__file__).parents[3] / "clients" / "story.py"
_BODIES: Final = [
    (each["operationId"], each["requestBody"]["content"]["application/json"])
    for _, _, each in list_operations()
    if "application/json" in each.get("requestBody", {}).get("content", {})
]


@cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": reference, "components": describe()["components"]})


def _model(reference: str) -> type[BaseModel]:
    name = reference.rpartition("/")[2]
    return NeedIn if name == "NeedIn" else documented.BODIES[name]


@for_each(("operation", "content"), _BODIES, lambda each: each[0])
def test_the_example_of_a_body_is_taken(operation: str, content: dict[str, Any]) -> None:
    reference, example = content["schema"]["$ref"], content["example"]
    where = f"mend the example of {operation}: in its model, or in services/gateway/description/examples.py"
    assert not [error.message for error in _validator(reference).iter_errors(example)], where
    model = _model(reference)
    model.model_validate_json(json.dumps(example), strict=True)
    assert example or not model.model_fields, f"{where}: it shows no field"


def test_examples_are_of_operations_and_of_answers() -> None:
    assert BODIES.keys() <= {operation["operationId"] for _, _, operation in list_operations()}
    shown = {
        content["schema"]["$ref"].rpartition("/")[2]
        for _, _, operation in list_operations()
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        if "example" in content
    }
    assert shown == set(ANSWERS)


def test_every_answer_of_the_main_story_has_an_example() -> None:
    called = set(re.findall(r"(\w+)\.sync\(", MAIN_STORY.read_text("utf-8")))
    assert len(called) > 15
    for _, path, operation in list_operations():
        if operation["operationId"] in called:
            done = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            assert "example" in done["content"]["application/json"], f"{path}: add one to description/answers.json"
            called.remove(operation["operationId"])
    assert not called


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_example_of_an_answer_could_be_given(name: str) -> None:
    errors = _validator(f"#/components/schemas/{name}").iter_errors(ANSWERS[name])
    assert not [f"{error.json_path}: {error.message[:200]}" for error in errors]
