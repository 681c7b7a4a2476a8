"""The sentences that explain schemas, fields, parameters and bodies, where their models do not do it themselves."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.gateway.description.fields import FIELDS, ID_OF
from services.gateway.description.model_fields import MODEL_FIELDS

Json = dict[str, Any]
_SAYS_NOTHING: Final = "Successful Response"
"""FastAPI's description of an answer."""
_DONE: Final = "Done."
_PAGE: Final = "A page of a list, newest first."
_PARAMETERS: Final[Mapping[str, str]] = {
    "account_id": "The id of a sign-in account.",
    "after": "`next` of the page before.",
    "code": "The code: of an area its digits, of an entry its word.",
    "kind": "The list of the catalogue.",
    "limit": "Items on a page.",
}
"""Parameters that are neither ids nor filters by a field."""


def explain_all(described: Json) -> None:
    """Give each schema, property, parameter and body without a description one. Sentences of the models stay."""
    for name, schema in described["components"]["schemas"].items():
        _explain_schema(name, schema)
    for operation in list_operations(described):
        for parameter in operation.get("parameters", ()):
            if sentence := _parameter_sentence(parameter):
                parameter.setdefault("description", sentence)
        if (body := operation.get("requestBody")) is not None:
            body.setdefault("description", _schema_sentence(body, described))
        for answer in operation["responses"].values():
            if answer.get("description") == _SAYS_NOTHING:
                answer["description"] = _schema_sentence(answer, described) or _DONE


def list_operations(described: Json) -> Iterator[Json]:
    """Return every operation of the description."""
    return (operation for methods in described["paths"].values() for operation in methods.values())


def explain_field(model: str, name: str) -> str | None:
    """Return the sentence for a field of a model; None where there is none yet."""
    # Of two parts of one name, one in answers and one in events, that of events has the word before it. The schema of
    # an event ends with that word, and repeats the envelope.
    models = (model, model.removeprefix("Event"), *(["CloudEvent"] if model.endswith("Event") else []))
    own = next((MODEL_FIELDS[key] for each in models if (key := f"{each}.{name}") in MODEL_FIELDS), None)
    return own or FIELDS.get(name) or _id_sentence(name)


def _explain_schema(name: str, schema: Json) -> None:
    if name.endswith("Page"):
        schema.setdefault("description", _PAGE)
    for field, part in schema.get("properties", {}).items():
        if sentence := explain_field(name, field):
            part.setdefault("description", sentence)


def _id_sentence(name: str) -> str | None:
    thing = ID_OF.get(name.removesuffix("_id")) if name.endswith("_id") else None
    return f"The id of {thing}." if thing else None


def _parameter_sentence(parameter: Json) -> str | None:
    name = parameter["name"]
    if name in _PARAMETERS:
        return _PARAMETERS[name]
    sentence = explain_field("", name)
    return sentence if parameter["in"] == "path" or sentence is None else f"Only those with this value. {sentence}"


def _schema_sentence(part: Json, described: Json) -> str:
    """Return the first paragraph about the schema of a body or an answer; empty without a schema."""
    reference = part.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    text = described["components"]["schemas"].get(reference.rpartition("/")[2], {}).get("description", "")
    return " ".join(text.partition("\n\n")[0].partition(" Answers ")[0].split())
