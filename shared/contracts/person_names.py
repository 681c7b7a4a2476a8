"""The hygiene of people's names: as that of any line, and one form of the middle dot (间隔号). Pure.

GB/T 15834-2011, 4.12: the middle dot parts the parts of names from other languages, as in 古丽米热·艾比布力.
"""

import re
from typing import Final

MIDDLE_DOT: Final = "\u00b7"
_DOTS: Final = "\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65\u16eb\u2e31\u25cf\u2e33"
"""Characters that keyboards and converters write for it: bullets, operators, the dots of Katakana and Runes."""
_STOPS: Final = ".．。｡\u2024"
"""Full stops, which stand for it between Chinese characters alone: J. Smith keeps his."""
_HAN: Final = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_DOT_WRITTEN: Final = re.compile(rf"(?<=\w)\s*[{_DOTS}]\s*(?=\w)|(?<=[{_HAN}])\s*[{_STOPS}]\s*(?=[{_HAN}])")


def fold_middle_dots(name: str) -> str:
    """Return the name with each form of the middle dot between two letters as U+00B7, without blanks around it."""
    return name if name.isalpha() else _DOT_WRITTEN.sub(MIDDLE_DOT, name)
