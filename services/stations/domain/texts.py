"""The words about people that belong to a need, apart from it and only ever sealed.

They are not needed for any decision, so that the need itself stays small and is rewritten without them.
"""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from shared.contracts.stations.needs import RegisterNeed
from shared.engine import Entity

Seal = Callable[[str], str]


class NeedText(Entity):
    """Sealed words of the need with the same id. `asked` holds title, exact location and money purposes."""

    collection: ClassVar[str] = "need_texts"

    asked: str
    cancel_reason: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""


def sealed_text(need_id: str, asked: RegisterNeed, seal: Seal) -> NeedText:
    """What was written in the request, sealed in one piece; purposes go by the line's id."""
    purposes = {
        f"l{nth}": line.purpose for nth, line in enumerate(asked.lines, 1) if line.kind == "money" and line.purpose
    }
    location = {"lon": asked.location.lon, "lat": asked.location.lat}
    words = {"title": asked.title, "location": location, "purposes": purposes}
    return NeedText(id=need_id, asked=seal(json.dumps(words, ensure_ascii=False)))


def opened_text(text: NeedText, unseal: Seal) -> dict[str, Any]:
    """The words in clear: `title`, `location`, `purposes`, and what was written later where there is any."""
    words: dict[str, Any] = json.loads(unseal(text.asked))
    for field in ("cancel_reason", "confirm_note", "evaluation_comment"):
        sealed = getattr(text, field)
        if sealed:
            words[field] = unseal(sealed)
    return words
