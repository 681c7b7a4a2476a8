"""The choice of a language: from `Accept-Language` (RFC 9110, section 12.5.4), or from a process's environment."""

import re
from collections.abc import Mapping
from typing import Final, cast

from babel.core import negotiate_locale

from shared.words.catalogues import LANGUAGES, Language

_MOST_RANGES: Final = 20
_LEAST_WEIGHT: Final = 0.0001
_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,7}")
"""A language tag (RFC 4647, section 2.1), with a bound on its parts."""
_WEIGHT: Final = re.compile(r"[01](\.[0-9]{0,3})?")
_ENVIRONMENT: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def negotiate(header: str, default: Language) -> Language:
    """Return the best language for an Accept-Language header; `default` where it names none of LANGUAGES.

    `zh-CN`, `zh-Hans` and `zh-TW` are served Chinese. `*` is the default, or the other language where the default is
    refused by q=0. At most 20 ranges are read.
    """
    weighted, refused = [], set()
    for place, part in enumerate(header.split(",", _MOST_RANGES)[:_MOST_RANGES]):
        tag, _, parameters = part.strip().partition(";")
        if (weight := _weight(parameters)) > 0:
            weighted.append((-weight, place, tag.strip()))
        else:
            refused.add(tag.strip().lower())
    free = next((language for language in (default, *LANGUAGES) if language not in refused), default)
    wanted = [free if tag == "*" else tag for _, _, tag in sorted(weighted)]
    return _first_known(wanted) or free


def language_of_environment(environment: Mapping[str, str]) -> Language:
    """Return the language of the process's locale (LC_ALL, LC_MESSAGES, LANG); English where it is another."""
    given = next((environment[name] for name in _ENVIRONMENT if environment.get(name)), "")
    return _first_known([given.partition(".")[0].replace("_", "-")]) or "en"


def _first_known(wanted: list[str]) -> Language | None:
    for tag in wanted:
        if not _TAG.fullmatch(tag):
            continue
        # Region and script make no difference here: the Chinese of the catalogues is read everywhere.
        known = negotiate_locale([tag, tag.partition("-")[0].lower()], list(LANGUAGES), sep="-")
        if known is not None:
            return cast("Language", known)
    return None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    # A weight that is none refuses nothing, and comes last.
    return min(1.0, float(value)) if _WEIGHT.fullmatch(value := value.strip()) else _LEAST_WEIGHT
