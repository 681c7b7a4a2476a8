"""The hygiene of all text in commands: NFC, trimmed, something visible, no hidden characters. Pure.

https://www.unicode.org/reports/tr15/ (normalization), https://www.unicode.org/reports/tr31/ (joiners in words),
https://www.unicode.org/reports/tr51/ (joiners and selectors in emoji).
"""

import re
import unicodedata
from typing import Final

from shared.contracts.refusals import broken_rule

_ZWNJ: Final = "\u200c"
_ZWJ: Final = "\u200d"
_MONGOLIAN_VOWEL_SEPARATOR: Final = "\u180e"
_JOINING_SCRIPTS: Final = ("ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "TAMIL", "SINHALA", "TIBETAN")
_EMOJI_SELECTOR: Final = "\ufe0f"
_PLAIN: Final = re.compile(r"[!-~\u4e00-\u9fa5](?:[ -~\u4e00-\u9fa5]*[!-~\u4e00-\u9fa5])?")
"""Visible ASCII and common Chinese characters, which are NFC: nearly every text of an event, and quick to recognise."""
_LINE_BREAKS: Final = str.maketrans({"\u2028": "\n", "\u2029": "\n", "\x85": "\n"})
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters and signs that show nothing: Hangul fillers, the empty Braille pattern, the grapheme joiner, Khmer vowels."""


def clean_line(text: str) -> str:
    """Return the text of one line: NFC and trimmed; every blank inside becomes a plain space.

    Raises PydanticCustomError of type `no_hidden_characters` for control, zero-width or other characters that show
    nothing, and `something_visible` where nothing can be seen. A joiner stays between letters of scripts that need it
    and inside an emoji, as does a selector after the character that it varies.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = unicodedata.normalize("NFC", text).strip()
    if not text.isprintable():  # true for nearly all texts: then nothing is hidden but a selector
        text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    _refuse_hidden(text, breaks="")
    if not any(map(is_visible, text)):
        raise broken_rule("something_visible")
    return text


def clean_text(text: str) -> str:
    r"""Return free text of several lines: NFC and trimmed, line breaks as `\n`; it may be empty.

    Raises PydanticCustomError of type `no_hidden_characters` as `clean_line` does; tabs and line breaks are allowed.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_BREAKS).strip()
    _refuse_hidden(text, breaks="\n\t")
    return text if any(map(is_visible, text)) else ""


def is_visible(character: str) -> bool:
    """Return whether the character shows something by itself."""
    kind = unicodedata.category(character)
    return kind[0] in "LNPS" and character not in _BLANK_LETTERS


def is_hidden(character: str) -> bool:
    """Return whether the character is a control, a format character, unassigned, or shows nothing in any place."""
    if character in _BLANK_LETTERS:
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


def is_selector(character: str) -> bool:
    """Return whether the character only chooses a form of the one before it."""
    return "\ufe00" <= character <= _EMOJI_SELECTOR or "\U000e0100" <= character <= "\U000e01ef" or (
        "\u180b" <= character <= "\u180d" or character == "\u180f"
    )  # fmt: skip


def _refuse_hidden(text: str, breaks: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for at, character in enumerate(text):
        if character in breaks:
            continue
        if is_selector(character):
            allowed = at > 0 and not is_selector(text[at - 1]) and is_visible(text[at - 1])
        else:
            allowed = not is_hidden(character) or _joins(text, at)
        if not allowed:
            raise broken_rule("no_hidden_characters", position=at + 1)


def _joins(text: str, at: int) -> bool:
    """Return whether the hidden character joins or separates its visible neighbours as its script or emoji need."""
    character = text[at]
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if not before or not after or not is_visible(after):
        return False
    if character == _ZWJ and _is_pictograph(after):
        return _is_pictograph(before) or is_selector(before) or unicodedata.category(before) == "Sk"
    if character in (_ZWNJ, _ZWJ):
        return _script_joins(before) and _script_joins(after)
    return character == _MONGOLIAN_VOWEL_SEPARATOR and "MONGOLIAN" in unicodedata.name(before, "")


def _is_pictograph(character: str) -> bool:
    return unicodedata.category(character) == "So"


def _script_joins(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_JOINING_SCRIPTS)
