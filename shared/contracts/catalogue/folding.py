"""The folding of labels before they are compared: 大米, ` 大 米 `, Rice, ＲＩＣＥ and `r i c e` are each one label."""

import unicodedata
from functools import lru_cache

from shared.contracts.text import is_hidden, is_selector


@lru_cache(maxsize=16_384)  # the words of a city are few, and each of its requests brings some
def fold(label: str) -> str:
    """Return the label for comparison: NFKC, without case, blanks, control and zero-width characters.

    Folding a folded label changes nothing. The result is empty where the label shows nothing.
    """
    folded = _once(label)
    # Case folding may leave characters that compose again: three rounds reach the end for every character of Unicode.
    for _ in range(MOST_ROUNDS):
        again = _once(folded)
        if again == folded:
            break
        folded = again
    return folded


MOST_ROUNDS = 3


def _once(text: str) -> str:
    compared = unicodedata.normalize("NFKC", text).casefold()
    kept = (c for c in compared if not (c.isspace() or is_hidden(c) or is_selector(c)))
    return unicodedata.normalize("NFKC", "".join(kept))
