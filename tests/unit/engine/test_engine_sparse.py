"""A sparse document holds values as MongoDB stores them, for a change of any of its fields."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, PlainSerializer, field_serializer

from shared.engine import Entity
from shared.engine.decide.sparse import Sparse

NOON = datetime(2026, 3, 9, 4, tzinfo=UTC)


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)
    amount: int


class Parcel(Sparse, Entity):
    collection: ClassVar[str] = "parcels"

    state: Literal["open", "closed"] = "open"
    stops: tuple[tuple[Literal["open", "closed"], datetime], ...] = ()
    sent: datetime | None = None
    weights: dict[str, int] = {}  # noqa: RUF012 - as a field of a model
    parts: tuple[Part, ...] = ()
    heaviest: Part | None = None
    seal: Annotated[str, PlainSerializer(str.upper)] = ""
    stamps: tuple[Annotated[str, PlainSerializer(str.upper)], ...] = ()


class Letter(Sparse, Entity):
    collection: ClassVar[str] = "letters"

    word: str = ""
    sent: datetime | None = None

    @field_serializer("word")
    def _shout(self, word: str) -> str:
        return word.upper()


FULL = Parcel(
    id="p", version=3, state="closed", stops=(("open", NOON),), sent=NOON, weights={"box": 2}, parts=(Part(amount=1),),
    heaviest=Part(amount=2), seal="red", stamps=("air",),
)  # fmt: skip


def test_only_values_that_mongodb_stores_as_they_are_need_no_conversion() -> None:
    assert Parcel.converted == {"weights", "parts", "heaviest", "seal", "stamps"}
    assert Letter.converted == Letter.model_fields.keys(), "a serializer of the model's own may convert any field"


def test_a_text_with_a_serializer_and_a_number_of_models_need_conversion() -> None:
    class Crate(Sparse, Entity):
        collection: ClassVar[str] = "crates"

        label: Annotated[str, PlainSerializer(str.upper)] = ""
        parts: list[Part] = []  # noqa: RUF012 - as a field of a model

    assert Crate.converted == {"label", "parts"}


@pytest.mark.parametrize("name", sorted(Parcel.model_fields.keys() - {"id"}))
def test_a_field_is_stored_alike_with_the_others_and_alone(name: str) -> None:
    assert FULL.stored_fields({name}) == {name: FULL.stored_fields(None)[name]}
    assert FULL.stored_fields({name, "parts"})[name] == FULL.stored_fields(None)[name]


def test_a_plain_field_that_goes_back_to_its_default_is_taken_from_the_document() -> None:
    again = FULL.model_copy(update={"state": "open", "sent": None, "version": 4})
    assert again.changes_since(FULL) == {"$set": {"version": 4}, "$unset": {"state": "", "sent": ""}}


def test_a_deep_copy_shares_nothing_with_its_original_and_another_copy_does() -> None:
    assert FULL.model_copy(deep=True).weights is not FULL.weights
    assert FULL.model_copy(update={"state": "open"}).weights is FULL.weights


def test_a_converted_field_is_written_in_its_stored_form() -> None:
    other = FULL.model_copy(update={"parts": (Part(amount=5),), "seal": "blue"})
    assert other.changes_since(FULL) == {"$set": {"parts": ({"amount": 5},), "seal": "BLUE"}}
