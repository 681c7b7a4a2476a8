"""Several particulars of one person in one sealed value, for each such value takes time and bytes of its own.

A person whose record has this field has telephone, identity number and year of birth in it; one whom release 0.2 has
stored has a field for each, as `lianshan migrate` has sealed it again. A reader understands both.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic_core import from_json, to_json

PARTICULARS: Final = "particulars_sealed"
"""The field of a record. It seals a JSON object: the name and the value of each known particular."""
_SUFFIX: Final = "_sealed"


def seal_particulars(
    known: Mapping[str, str | int | None], seal: Callable[[str, str], str], *, together: bool
) -> dict[str, str]:
    """Return the sealed fields of the particulars that are known: one for all of them, or `together` unset one each.

    `seal` takes the field and its text. Release 0.2 reads one each.
    """
    given = {name: value for name, value in known.items() if value is not None}
    if not together:
        return {(field := f"{name}{_SUFFIX}"): seal(field, str(value)) for name, value in given.items()}
    return {PARTICULARS: seal(PARTICULARS, to_json(given).decode())} if given else {}


def part_texts(opened: Mapping[str, str]) -> dict[str, str]:
    """Return the opened texts of a record by the names of their particulars, for either stored form."""
    texts = {field.removesuffix(_SUFFIX): text for field, text in opened.items() if field != PARTICULARS}
    if together := opened.get(PARTICULARS):
        texts |= {str(name): str(value) for name, value in from_json(together).items()}
    return texts
