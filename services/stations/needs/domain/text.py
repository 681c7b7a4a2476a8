"""The words about people that belong to a need, apart from it and only ever sealed.

No decision needs them, so that the need itself stays small and is rewritten without them.
"""

import json
from collections.abc import Callable
from typing import ClassVar

from shared.contracts.stations.need_text import NeedTextAnswer
from shared.contracts.stations.needs import RegisterNeed
from shared.engine import Entity

Seal = Callable[[str], str]
Unseal = Callable[[str], str]


class NeedText(Entity):
    """Sealed words of the need with the same id. `asked` holds title, exact location and money purposes."""

    collection: ClassVar[str] = "need_texts"

    asked: str
    cancel_reason: str = ""
    confirm_note: str = ""
    evaluation_comment: str = ""


def seal_text(need_id: str, asked: RegisterNeed, seal: Seal) -> NeedText:
    """Return the words of the request, sealed in one piece; purposes go by the line's id (`l1`, `l2`, …)."""
    purposes = {
        f"l{nth}": line.purpose for nth, line in enumerate(asked.lines, 1) if line.kind == "money" and line.purpose
    }
    location = {"lon": asked.location.lon, "lat": asked.location.lat}
    words = {"title": asked.title, "location": location, "purposes": purposes}
    return NeedText(id=need_id, asked=seal(json.dumps(words, ensure_ascii=False)))


def open_text(text: NeedText, unseal: Unseal) -> NeedTextAnswer:
    """Return the words in clear; those that were written later only where there are any.

    Raises VaultError for words that were sealed with another key.
    """
    later = {
        field: unseal(sealed)
        for field in ("cancel_reason", "confirm_note", "evaluation_comment")
        if (sealed := getattr(text, field))
    }
    return NeedTextAnswer.model_validate({**json.loads(unseal(text.asked)), **later})
