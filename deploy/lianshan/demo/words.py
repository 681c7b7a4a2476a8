"""The words of the demo in one language: its own catalogue, and the sentences of the platform's reason codes."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.reasons import Reason
from shared.words import Language, Wording
from shared.words.catalogues import Forms, Key, read_catalogue

_FOLDER: Final = Path(__file__).parent / "catalogues"
_UNITS: Final = {unit.code: unit for entry in SHIPPED.entries.values() for unit in entry.units}


class Both(NamedTuple):
    """The same words in both languages."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """Return the words in that language."""
        return self.zh if language == "zh" else self.en


@cache
def read_demo_catalogue(language: Language) -> dict[Key, Forms]:
    """Return the demo's own messages."""
    return dict(read_catalogue(_FOLDER / f"{language}.po", language))


class DemoWords:
    """All words of one demo, in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._messages = read_demo_catalogue(language)
        self.wording = Wording(language)

    def say(self, code: str, **values: str | int) -> str:
        """Return the demo's own message. Raises KeyError for a code that the catalogue lacks."""
        return self.wording.fill(self._messages[None, code], values)

    def reason(self, part: Reason) -> str:
        """Return the sentence of a reason of the platform."""
        return self.wording.sentence(part.code, part.args)

    def term(self, enumeration: str, code: str) -> str:
        """Return the word for a value of an enumeration of the platform."""
        return self.wording.term(enumeration, code)

    def terms(self, enumeration: str, codes: list[str]) -> str:
        """Return the words for several values, each once, in their order."""
        return self.join(self.term(enumeration, code) for code in dict.fromkeys(codes))

    def join(self, parts: Iterable[str]) -> str:
        """Return the parts of a list in one phrase."""
        return ("、" if self.language == "zh" else ", ").join(parts)

    def label(self, code: str) -> str | None:
        """Return the catalogue's word for an item, a skill or a unit; None for another."""
        found = SHIPPED.get("item", code) or SHIPPED.get("skill", code) or _UNITS.get(code)
        return None if found is None else found.zh if self.language == "zh" else found.en
