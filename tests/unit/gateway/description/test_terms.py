"""A reader of the description finds each schema, field, parameter and body explained, and bounded where it is."""

import json
import re
from typing import Any, Final

from described_api import describe, list_operations

from services.gateway.description.fields import FIELDS, ID_OF
from services.gateway.description.model_fields import MODEL_FIELDS

HOW: Final = (
    "give it a description: in `Field(description=...)` of its model, or in services/gateway/description/fields.py "
    "where it means the same everywhere, or in model_fields.py"
)
NOT_OURS: Final = {"JsonValue"}


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = describe()["components"]["schemas"]
    return found


def test_every_schema_and_every_field_is_explained() -> None:
    silent = [name for name, schema in _schemas().items() if not schema.get("description") and name not in NOT_OURS]
    assert not silent, "give the model a docstring"
    fields = [
        f"{name}.{field}"
        for name, schema in _schemas().items()
        for field, part in schema.get("properties", {}).items()
        if not part.get("description")
    ]
    assert not fields, HOW


def test_every_operation_parameter_and_body_is_explained() -> None:
    for method, path, operation in list_operations():
        assert operation["description"], f"{method} {path}: give its function a docstring"
        silent = [each["name"] for each in operation.get("parameters", ()) if not each.get("description")]
        assert not silent, f"{method} {path}: {HOW}"
        assert operation.get("requestBody", {"description": "none"})["description"], f"{method} {path}"


def test_the_tables_explain_nothing_that_is_not_there() -> None:
    fields = {f"{name}.{field}" for name, schema in _schemas().items() for field in schema.get("properties", {})}
    assert MODEL_FIELDS.keys() <= fields
    names = {field.partition(".")[2] for field in fields}
    names |= {each["name"] for _, _, operation in list_operations() for each in operation.get("parameters", ())}
    assert FIELDS.keys() <= names
    assert {f"{name}_id" for name in ID_OF} <= names


def test_sentences_begin_with_a_capital_or_a_value_and_end_with_a_stop() -> None:
    for name, sentence in (*FIELDS.items(), *MODEL_FIELDS.items()):
        assert re.match(r"[A-Z0-9`]", sentence), name
        assert sentence.endswith("."), name


def test_ids_cursors_and_versions_of_requests_have_their_form() -> None:
    for method, path, operation in list_operations():
        for each in operation.get("parameters", ()):
            name, schema = each["name"], each["schema"]
            if name in {"after", "If-Match", "Last-Event-ID"} or (each["in"] == "path" and name.endswith("_id")):
                texts = schema.get("anyOf", [schema])
                assert all("pattern" in text for text in texts if text["type"] == "string"), f"{method} {path} {name}"


def test_a_parameter_is_left_out_and_never_null() -> None:
    for method, path, operation in list_operations():
        assert '"null"' not in json.dumps(operation.get("parameters", ())), f"{method} {path}"


def test_each_answer_is_explained_in_words_of_its_own() -> None:
    for method, path, operation in list_operations():
        sentences = [answer["description"] for answer in operation["responses"].values() if "$ref" not in answer]
        assert all(sentences), f"{method} {path}"
        assert "Successful Response" not in sentences, f"{method} {path}"
