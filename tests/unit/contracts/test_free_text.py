"""Every text of a request has a type: a code, a public name without personal numbers, or words that are sealed."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import services.gateway.features
from shared.contracts.messages import COMMANDS, QUERIES, Message
from shared.contracts.registry import load_contracts
from tests.each import for_each

load_contracts()
WITH_NUMBERS = ("张三家 13912345678", "王伟 110105194912310022", "李四１３９１２３４５６７８", "139 1234 5678")
SEALED = {
    "title",
    "purpose",
    "note",
    "comment",
    "name",
    "donor",
    "donor.name",
    "guardian.name",
    "account",
    "voucher",
    "reference",
    "problem",
    "causes",
    "strengths",
    "wishes",
    "address",
    "content",
}
"""Words about a case or a person: kept in the owner's sealed text only."""
RESOLVED = {"theme", "item", "service", "unit", "groups", "skills", "languages", "language", "label", "kind"}
"""Labels: the owner keeps the code of the entry that they name, and refuses others without repeating them."""
SEALED_REASON = {"CancelNeed", "CancelIn"}
"""The reason of a cancellation is sealed; of other things a code is given."""
SEEKING = (
    "LookUpIn", "DuplicatesIn", "LookUpVolunteers", "LookUpDonors", "FindDuplicateVolunteers", "FindDuplicateDonors",
    "LookUpResidents", "FindDuplicateResidents", "DuplicateResidentsIn", "LookUpWorkers", "WorkerLookUpIn",
)  # fmt: skip
"""Questions about people: their words are compared with stored ones, and never kept."""
RESIDENTS = ("RegisterResident", "ChangeResident", "RecordRelation", "ChangeRelation")
"""Requests with the personal data of a resident."""
STAFF = ("RegisterWorker", "ChangeWorker")
"""Requests with the personal data of a social worker."""
HASHED = {"password", "new_password", "code"}
"""Texts about accounts of which hashes are kept alone."""
READ_ONLY = {"account_id", "after", "code", "area"}
"""Texts of queries: compared with stored ones, never kept."""


class TextField(NamedTuple):
    """A text in a request: the model, the path of the field, and the rules of its type."""

    model: type[BaseModel]
    path: str
    rules: tuple[Any, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def validators(self) -> set[str]:
        return {rule.func.__name__ for rule in self.rules if hasattr(rule, "func")}

    @property
    def pattern(self) -> str | None:
        return next((rule.pattern for rule in self.rules if getattr(rule, "pattern", None)), None)

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.path}"


def bodies() -> Iterator[type[BaseModel]]:
    """Yield the models of the gateway's own bodies."""
    package = services.gateway.features
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.endswith(".request"):
            for _, model in inspect.getmembers(import_module(found.name), inspect.isclass):
                if issubclass(model, Message) and model.__module__ == found.name:
                    yield model


def texts(model: type[BaseModel], outer: type[BaseModel], path: str = "") -> Iterator[TextField]:
    for name, field in model.model_fields.items():
        yield from _texts(field.annotation, tuple(field.metadata), outer, f"{path}{name}")


def _texts(kind: Any, rules: tuple[Any, ...], outer: type[BaseModel], path: str) -> Iterator[TextField]:
    origin = get_origin(kind)
    if kind is str:
        yield TextField(outer, path, rules)
    elif origin is Annotated:
        inner, *own = get_args(kind)
        yield from _texts(inner, (*own, *rules), outer, path)
    elif inspect.isclass(kind) and issubclass(kind, BaseModel):
        yield from texts(kind, outer, f"{path}.")
    elif origin is not None and origin is not Literal:
        for part in get_args(kind):
            yield from _texts(part, rules, outer, path)


FIELDS = [
    field for model in (*COMMANDS.values(), *QUERIES.values(), *bodies()) for field in texts(model, model)
]  # fmt: skip
PUBLIC = [field for field in FIELDS if field.validators & {"refuse_personal_numbers", "refuse_number_as_code"}]


def test_names_keys_and_reasons_are_among_the_texts() -> None:
    found = set(map(str, FIELDS))
    assert {"ImportAreas.rows.name", "KeyIn.name", "CancelNeed.reason", "Donate.donor.name"} <= found


def test_every_text_of_a_request_is_a_code_a_public_name_or_sealed_words() -> None:
    public = set(map(str, PUBLIC))
    free = [field for field in FIELDS if str(field) not in public and not _is_held(field)]
    assert [f"{field}: {step}" for field in free for step in _steps(field)] == []


def _is_held(field: TextField) -> bool:
    """Whether the text cannot be free words: a code, kept sealed and found by keyed hashes, or asked and never kept."""
    kept_apart = {
        "_check_uscc", "normalize_phone", "normalize_identity_number", "normalize_email", "normalize_email_or_none",
        "normalize_certificate_number",
    }  # fmt: skip
    asked = issubclass(field.model, tuple(QUERIES.values())) and field.name in READ_ONLY
    hashed = field.model.__module__ == "services.gateway.features.accounts.request" and field.name in HASHED
    return bool(field.pattern or field.validators & kept_apart or asked or hashed)


def _steps(field: TextField) -> Iterator[str]:
    """Yield the next step for each rule that a free text breaks."""
    if not field.validators & {"clean_line", "clean_text"}:
        yield "give it a type of shared/contracts/messages.py"
    sealed = field.name in SEALED or (field.name == "reason" and field.model.__name__ in SEALED_REASON)
    if not sealed and field.name not in RESOLVED:
        yield "is it public? PublicName; sealed, or resolved to a code? Say so"
    # `name` is sealed of people alone.
    of_people = (
        "RegisterDonor",
        "Donate",
        "RegisterVolunteer",
        "DonationIn",
        "RecordPayment",
        *RESIDENTS,
        *STAFF,
        *SEEKING,
    )
    if field.name == "name" and field.path != "guardian.name" and field.model.__name__ not in of_people:
        yield "the name of what? PublicName"


@for_each("field", PUBLIC, ids=str)
def test_no_public_text_takes_the_number_of_a_person(field: TextField) -> None:
    text = TypeAdapter(Annotated[(str, *field.rules)]) if not _is_many(field) else None
    if text is None:
        return
    code = field.pattern is not None
    for number in ("13912345678", "110105194912310022", "no-13912345678") if code else WITH_NUMBERS:
        with pytest.raises(ValidationError, match="no_personal_number"):
            text.validate_python(number)


def _is_many(field: TextField) -> bool:
    # The bound of a list stands beside the rules of its texts, and means entries there.
    return any(type(rule).__name__ == "MaxLen" for rule in field.rules)
