"""The forms of people's names: the middle dot (间隔号), the form for comparison; and the search for a name. Pure.

GB/T 15834-2011, 4.12: the middle dot parts the parts of names from other languages, as in 古丽米热·艾比布力.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

MIDDLE_DOT: Final = "\u00b7"
_DOTS: Final = "\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65\u16eb\u2e31\u25cf\u2e33"
"""Characters that keyboards and converters write for it: bullets, operators, the dots of Katakana and Runes."""
_STOPS: Final = ".．。｡\u2024"
"""Full stops, which stand for it between Chinese characters alone: J. Smith keeps his."""
_HAN: Final = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_DOT_WRITTEN: Final = re.compile(rf"(?<=\w)\s*[{_DOTS}]\s*(?=\w)|(?<=[{_HAN}])\s*[{_STOPS}]\s*(?=[{_HAN}])")
_ANY_HAN: Final = re.compile(f"[{_HAN}]")
_WORD: Final = re.compile(r"[^\W_]+")
FEWEST_LETTERS: Final = 2
"""A name of fewer letters is not looked for in a sentence: it is a word as often."""


def fold_middle_dots(name: str) -> str:
    """Return the name with each form of the middle dot between two letters as U+00B7, without blanks around it."""
    return name if name.isalpha() else _DOT_WRITTEN.sub(MIDDLE_DOT, name)


def fold_name(name: str) -> str:
    """Return the name for comparison: NFKC without case, blanks, dots and marks; 古丽米热·艾比布力 is 古丽米热艾比布力.

    A name of signs alone stays as it is.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(filter(str.isalnum, folded)) or folded


def is_named_in(text: str, name: str) -> bool:
    """Return whether the name stands in the text: Chinese anywhere, in other scripts as whole words."""
    folded = fold_name(name)
    if len(folded) < FEWEST_LETTERS or not folded.isalnum():
        return False
    if _ANY_HAN.search(folded):
        return folded in fold_name(text)
    words = [fold_name(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text))]
    return any(folded in _joined(words[nth:], len(folded)) for nth in range(len(words)))


def _joined(words: Sequence[str], most: int) -> Iterator[str]:
    """Return the first word, the first two together and so on, up to so many letters."""
    joined = ""
    for word in words:
        joined += word
        if len(joined) > most:
            return
        yield joined
