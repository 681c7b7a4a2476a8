"""The words about people that belong to a need, apart from it and only ever sealed.

No decision needs them, so that the need itself stays small and is rewritten without them.
"""

import json
from collections.abc import Callable
from typing import ClassVar, Final

from shared.contracts.stations.need_text import NeedTextAnswer
from shared.contracts.stations.needs import RegisterNeed
from shared.engine import Entity
from shared.people import Purpose, Sealer

Open = Callable[[str, str], str]
"""Takes a field of the text and its sealed words; returns the words."""
SEALED: Final[dict[str, Purpose]] = dict.fromkeys(
    ("asked", "cancel_reason", "confirm_note", "evaluation_comment"), "person"
)
"""The sealed fields of a need's words, with the purpose of the key that seals each."""


class NeedText(Entity):
    """Sealed words of the need with the same id. `asked` holds title, exact location and money purposes."""

    collection: ClassVar[str] = "need_texts"

    asked: str
    cancel_reason: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""


def place_of(need_id: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return NeedText.collection, need_id, field


def seal_text(need_id: str, asked: RegisterNeed, key: Sealer) -> NeedText:
    """Return the words of the request, sealed in one piece; purposes go by the line's id (`l1`, `l2`, …)."""
    purposes = {
        f"l{nth}": line.purpose for nth, line in enumerate(asked.lines, 1) if line.kind == "money" and line.purpose
    }
    location = {"lon": asked.location.lon, "lat": asked.location.lat}
    words = {"title": asked.title, "location": location, "purposes": purposes}
    return NeedText(id=need_id, asked=key.seal(json.dumps(words, ensure_ascii=False), *place_of(need_id, "asked")))


def open_text(text: NeedText, open_field: Open) -> NeedTextAnswer:
    """Return the words in clear; those that were written later only where there are any.

    Raises VaultError for words that were sealed with another key.
    """
    later = {
        field: open_field(field, sealed) for field in SEALED if field != "asked" and (sealed := getattr(text, field))
    }
    return NeedTextAnswer.model_validate({**json.loads(open_field("asked", text.asked)), **later})
