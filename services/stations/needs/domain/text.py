"""The words about people that belong to a need, apart from it and only ever sealed.

No decision needs them, so that the need itself stays small and is rewritten without them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from pydantic_core import from_json, to_json

from shared.contracts.need_parts import Place
from shared.contracts.stations.need_request import LineAsked
from shared.contracts.stations.need_text import NeedTextAnswer
from shared.contracts.stations.needs import RegisterNeed
from shared.engine import Entity
from shared.people import Keeper, Purpose, Sealer, make_own_key
from shared.people.keys import OWN_KEY

_PERSON: Final[Purpose] = "person"
Open = Callable[[str, str], str]
"""Takes a field of the text and its sealed words; returns the words."""
WORDS: Final = ("asked", "cancel_reason", "confirm_note", "evaluation_comment")
SEALED: Final[dict[str, Purpose]] = {**dict.fromkeys(WORDS, _PERSON), OWN_KEY: "key"}
"""The sealed fields of a need's words, with the purpose of the key that seals each."""


class NeedText(Entity):
    """Sealed words of the need with the same id. `asked` holds title, exact location and money purposes.

    `data_key` is the data key of the person, wrapped; of a need of release 0.2 it is in `data_keys`.
    """

    collection: ClassVar[str] = "need_texts"

    asked: str
    cancel_reason: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""
    data_key: str | None = None


def place_of(need_id: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return NeedText.collection, need_id, field


def seal_text(need_id: str, asked: RegisterNeed, vault: Keeper) -> NeedText:
    """Return the words of the request, sealed in one piece by a new data key that stands beside them.

    Purposes go by the line's id (`l1`, `l2`, …).
    """
    wrapped, own = make_own_key(vault, need_id)
    words = {"title": asked.title, "location": _to_json(asked.location), "purposes": list_purposes(asked.lines)}
    return NeedText(id=need_id, asked=_seal(need_id, words, own), data_key=wrapped)


def reseal_text(text: NeedText, changes: Mapping[str, object], words: str, key: Sealer) -> NeedText:
    """Return the text with changed words of the request; `words` are the former ones, opened.

    `changes` holds those of `title`, `location` and `purposes` that are to be others.
    """
    merged = {**from_json(words), **changes}
    location = merged["location"]
    merged["location"] = _to_json(location) if isinstance(location, Place) else location
    return text.model_copy(update={"asked": _seal(text.id, merged, key)})


def list_purposes(lines: Sequence[LineAsked]) -> dict[str, str]:
    """Return the purposes of the lines of money by the id that each line gets."""
    return {f"l{nth}": line.purpose for nth, line in enumerate(lines, 1) if line.kind == "money" and line.purpose}


def _to_json(location: Place) -> dict[str, float]:
    return {"lon": location.lon, "lat": location.lat}


def _seal(need_id: str, words: Mapping[str, object], key: Sealer) -> str:
    return key.seal(to_json(words).decode(), *place_of(need_id, "asked"))


def open_text(text: NeedText, open_field: Open) -> NeedTextAnswer:
    """Return the words in clear; those that were written later only where there are any.

    Raises VaultError for words that were sealed with another key.
    """
    later = {
        field: open_field(field, sealed) for field in WORDS if field != "asked" and (sealed := getattr(text, field))
    }
    return NeedTextAnswer.model_validate({**from_json(open_field("asked", text.asked)), **later})
