"""The choice of a language: from `Accept-Language` (RFC 9110, section 12.5.4), or from a process's environment."""

from collections.abc import Mapping
from typing import Final, cast

from babel.core import negotiate_locale

from shared.words.catalogues import LANGUAGES, Language

_MOST_RANGES: Final = 20
_ENVIRONMENT: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def negotiate(header: str, default: Language) -> Language:
    """Return the best language for an Accept-Language header; `default` where it names none of LANGUAGES.

    `zh-CN`, `zh-Hans` and `zh-TW` are served Chinese, and `*` the default. Ranges with q=0 are refused.
    """
    weighted = []
    for place, part in enumerate(header.split(",")[:_MOST_RANGES]):
        tag, _, parameters = part.strip().partition(";")
        if tag and (weight := _weight(parameters)) > 0:
            weighted.append((-weight, place, tag.strip()))
    wanted = [default if tag == "*" else tag for _, _, tag in sorted(weighted)]
    return _first_known(wanted) or default


def language_of_environment(environment: Mapping[str, str]) -> Language:
    """Return the language of the process's locale (LC_ALL, LC_MESSAGES, LANG); English where it is another."""
    given = next((environment[name] for name in _ENVIRONMENT if environment.get(name)), "")
    return _first_known([given.partition(".")[0].replace("_", "-")]) or "en"


def _first_known(wanted: list[str]) -> Language | None:
    for tag in wanted:
        # Region and script make no difference here: the Chinese of the catalogues is read everywhere.
        known = negotiate_locale([tag, tag.partition("-")[0].lower()], list(LANGUAGES), sep="-")
        if known is not None:
            return cast("Language", known)
    return None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
