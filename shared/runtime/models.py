"""The reading of fields of pydantic's models as plain attributes.

CPython reads each attribute of a class with a `__getattr__` by a longer way, also those that are there. Pydantic's
looks for private fields, which hardly any model has, and for extra ones, which are read by `model_extra` here: the
longer way is for nothing. It was 7 % of the instructions that volunteering takes for a need.
"""

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

FALLBACK: Final = "__getattr__"


def read_fields_plainly(base: type[BaseModel] = BaseModel) -> None:
    """Leave the fallback to the models that have private fields, and take it from the others.

    To be called once all models are imported: private fields of a later one are not found.
    """
    fallback = vars(base).get(FALLBACK)
    if fallback is None:
        return
    for model in _models_under(base):
        if model.__private_attributes__:
            setattr(model, FALLBACK, fallback)
    delattr(base, FALLBACK)


def _models_under(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _models_under(model)
