"""The catalogues of sentences: gettext files in `en/` and `zh/`, whose message ids are codes.

They are read as text when a process first needs them (15 ms a language), so that no compiled file can be stale.
Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
SENTENCES: Final = ("refusals", "validation", "reasons", "operations")
"""The catalogues whose codes share one namespace: of refusals, a message's form, decisions, the operator's command."""
CATALOGUES: Final = (*SENTENCES, "titles", "terms", "pages")
_FOLDER: Final = Path(__file__).parent

Forms = tuple[str, ...]
"""The plural forms of a message; one where it has none."""
Key = tuple[str | None, str]
"""The context (the enumeration of a term; None for a sentence) and the code."""


@cache
def catalogue(language: Language, name: str) -> Mapping[Key, Forms]:
    """Return the messages of one catalogue. Raises FileNotFoundError for a name that is not in CATALOGUES."""
    return read_catalogue(_FOLDER / language / f"{name}.po", language)


def read_catalogue(path: Path, language: Language) -> Mapping[Key, Forms]:
    """Return the messages of a gettext file. Raises babel's PoFileError for a malformed file."""
    with path.open("rb") as file:
        read: Catalog = read_po(file, locale=language, abort_invalid=True)
    return {
        (message.context, _code(message.id)): _forms(message.string)
        for message in read
        if message.id  # the first message is the file's header
    }


@cache
def sentences(language: Language) -> Mapping[str, Forms]:
    """Return the sentences of all codes, from the catalogues in SENTENCES."""
    return {code: forms for name in SENTENCES for (_, code), forms in catalogue(language, name).items()}


def _code(message_id: str | list[str] | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(string: str | list[str] | tuple[str, ...] | None) -> Forms:
    return (string or "",) if isinstance(string, str) or string is None else tuple(string)
