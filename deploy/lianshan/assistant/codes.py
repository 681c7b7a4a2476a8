"""The tool that words codes: rules, reasons, next steps and types of problems, by the words of this release."""

from collections.abc import Sequence
from typing import Final

from deploy.lianshan.assistant.operations import Json
from shared.words.catalogues import LANGUAGES, Language, catalogue, sentences

NAME: Final = "explain_codes"
TITLE: Final = "Explain codes"
DESCRIPTION: Final = (
    "Word up to 20 codes of answers and errors in English and Chinese: rules, reasons, next steps, types of problems. "
    "In braces stand the names of values in `args`."
)
MOST: Final = 20
LONGEST: Final = 64
SCHEMA: Final[Json] = {
    "type": "object",
    "properties": {
        "codes": {
            "type": "array", "minItems": 1, "maxItems": MOST, "description": "As in `code`, `rule`, `type`.",
            "items": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        },
    },
    "required": ["codes"],
    "additionalProperties": False,
}  # fmt: skip


def explain(codes: Sequence[str]) -> Json:
    """Return the sentences of each code by language; none for a code that this release does not know."""
    return {"codes": {code: {language: _word(code, language) for language in LANGUAGES} for code in codes}}


def _word(code: str, language: Language) -> str | None:
    # The last form of a plural is the general one.
    found = sentences(language).get(code) or catalogue(language, "titles").get((None, code))
    return found[-1] if found else None
