"""The language of a text: Chinese has Han characters, English has runs of words. Shared by the tests of the demo."""

import re
from collections.abc import Iterable
from typing import Final

_HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_WORDS: Final = re.compile(r"\b[A-Za-z]{2,}(?:[ ,;:']+[A-Za-z]{2,})+\b")
ADDRESS: Final = re.compile(r"https?://\S+|/\S+")


def chinese_parts(text: str, names: Iterable[str]) -> list[str]:
    """Return the Han text that is no part of the names; a name that the output has cut short counts as a name."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return [part for part in _HAN.findall(text) if not any(name.startswith(part) for name in names)]


def english_parts(text: str) -> list[str]:
    """Return each run of two or more English words; paths and addresses are no words."""
    return _WORDS.findall(ADDRESS.sub("", text))
