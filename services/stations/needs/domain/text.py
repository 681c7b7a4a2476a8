"""The words about people that belong to a need, apart from it and only ever sealed.

No decision needs them, so that the need itself stays small and is rewritten without them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
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
WORDS: Final = ("asked", "cancel_reason", "amend_note", "confirm_note", "evaluation_comment")
"""The words of a need that are read with it; those of its assessments are read apart."""
SEALED: Final[dict[str, Purpose]] = {**dict.fromkeys(WORDS, _PERSON), "assessments": _PERSON, OWN_KEY: "key"}
"""The sealed fields of a need's words, with the purpose of the key that seals each."""


class NeedText(Entity):
    """Sealed words of the need with the same id. `asked` holds title, exact location and money purposes,
    `assessments` the words of every assessment, sealed in one piece.

    `data_key` is the data key of the person, wrapped; of a need of release 0.2 it is in `data_keys`.
    `copied_from` is the need whose words the visit of a care plan has taken over, directly or from a visit before.
    """

    collection: ClassVar[str] = "need_texts"

    asked: str
    cancel_reason: str = ""
    amend_note: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""
    assessments: str = ""
    data_key: str | None = None
    copied_from: str | None = None

    @property
    def origin(self) -> str:
        """The need that these words were written for first: it is the same for all visits to a home."""
        return self.copied_from or self.id


def place_of(need_id: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return NeedText.collection, need_id, field


def seal_text(need_id: str, asked: RegisterNeed, vault: Keeper) -> NeedText:
    """Return the words of the request, sealed in one piece by a new data key that stands beside them.

    Purposes go by the line's id (`l1`, `l2`, …).
    """
    wrapped, own = make_own_key(vault, need_id)
    purposes = list_purposes(number_lines(asked.lines))
    words = {"title": asked.title, "location": write_point(asked.location), "purposes": purposes}
    return NeedText(id=need_id, asked=_seal(need_id, words, own), data_key=wrapped)


def copy_text(need_id: str, source: NeedText, words: Mapping[str, object], vault: Keeper) -> NeedText:
    """Return title and exact location of `source`, opened as `words`, sealed for another need by a new data key."""
    wrapped, own = make_own_key(vault, need_id)
    kept = {"title": words["title"], "location": words["location"], "purposes": {}}
    return NeedText(id=need_id, asked=_seal(need_id, kept, own), data_key=wrapped, copied_from=source.origin)


def with_words(text: NeedText, words: Mapping[str, object], key: Sealer) -> NeedText:
    """Return the text with other words of the request: `title`, `location` and `purposes`, sealed again."""
    return text.model_copy(update={"asked": _seal(text.id, words, key)})


def list_purposes(lines: Iterable[tuple[str, LineAsked]]) -> dict[str, str]:
    """Return the purposes of the lines of money by the line's id."""
    return {line_id: line.purpose for line_id, line in lines if line.kind == "money" and line.purpose}


def number_lines(lines: Iterable[LineAsked]) -> Iterator[tuple[str, LineAsked]]:
    """Yield the lines of a request with the ids that they get: `l1`, `l2`, …"""
    return ((f"l{nth}", line) for nth, line in enumerate(lines, 1))


def write_point(location: Place) -> dict[str, float]:
    """Return the exact point as it is sealed."""
    return {"lon": location.lon, "lat": location.lat}


def _seal(need_id: str, words: Mapping[str, object], key: Sealer) -> str:
    return key.seal(to_json(words).decode(), *place_of(need_id, "asked"))


def open_text(text: NeedText, open_field: Open) -> NeedTextAnswer:
    """Return the words in clear; notes, reasons and comments only where there are any.

    Raises VaultError for words that were sealed with another key.
    """
    later = {
        field: open_field(field, sealed) for field in WORDS if field != "asked" and (sealed := getattr(text, field))
    }
    return NeedTextAnswer.model_validate({**from_json(open_field("asked", text.asked)), **later})
