"""Fields of models are read as plain attributes, and private ones where a model has them."""

import pytest
from pydantic import BaseModel, ConfigDict, PrivateAttr

from shared.runtime.models import FALLBACK, read_fields_plainly


class Base(BaseModel):
    """A base of its own: the process of the tests keeps pydantic's."""


setattr(Base, FALLBACK, vars(BaseModel)[FALLBACK])


class Tin(Base):
    colour: str


class SmallTin(Tin):
    lid: str = "round"


class Sealed(Base):
    _seal: str = PrivateAttr(default="wax")


class Labelled(Base):
    model_config = ConfigDict(extra="allow")


@pytest.fixture(autouse=True, scope="module")
def plain() -> None:
    read_fields_plainly(Base)
    read_fields_plainly(Base)  # a second time there is nothing to do


def test_fields_are_read_and_other_attributes_are_not_there() -> None:
    tin = SmallTin(colour="blue")
    assert (tin.colour, tin.lid) == ("blue", "round")
    with pytest.raises(AttributeError, match="SmallTin"):
        _ = tin.weight  # type: ignore[attr-defined]


def test_a_model_without_private_fields_has_no_fallback() -> None:
    own = {name for model in (Base, Tin, SmallTin, Labelled) for name in vars(model)}
    assert FALLBACK not in own


def test_private_fields_are_found_where_a_model_has_them() -> None:
    assert Sealed()._seal == "wax"


def test_extra_fields_are_read_by_name() -> None:
    assert Labelled.model_validate({"text": "rice"}).model_extra == {"text": "rice"}
