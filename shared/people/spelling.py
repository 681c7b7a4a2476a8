"""The spellings of a person's name that count as one, read in pinyin (拼音). Pure.

The readings are those of pypinyin's table of single characters, whose release is pinned: marks are made of them. The
table is read as data, with the first name: to import the package takes a second and 55 MB, for phrases no name needs.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from shared.contracts.person_names import fold_name

_FAMILY_READINGS: Final[Mapping[str, str]] = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "朴": "piao", "盖": "ge", "尉": "yu", "万": "mo",
    "区": "ou", "缪": "miao", "覃": "qin", "翟": "zhai", "乐": "yue", "员": "yun", "黑": "he", "秘": "bi", "召": "shao",
    "折": "she", "繁": "po", "种": "chong", "洗": "xian", "长": "zhang", "隗": "kui", "祭": "zhai", "郇": "huan",
    "谌": "shen", "柏": "bo", "牟": "mou", "华": "hua", "任": "ren", "葛": "ge", "宁": "ning", "纪": "ji", "都": "du",
    "句": "gou", "过": "guo", "能": "nai", "车": "che", "石": "shi", "燕": "yan", "应": "ying", "宿": "su", "撒": "sa",
}  # fmt: skip
"""Readings of characters as family names, where it is another than the usual one, or people differ about it."""
_PARTS: Final = re.compile(r"[\s\u00b7]+")
_ROUNDED: Final = re.compile("([ln])(?:yu|v)")
"""Passports write LYU, keyboards lv, both for lü: here all are lu."""


def spell(name: str) -> tuple[str, ...]:
    """Return the pinyin of the name in Latin letters without tones, one for each reading of its first character.

    Other scripts stay, Latin ones without their accents: 张伟 and Zhāng Wěi are both `zhangwei`.
    """
    folded = fold_name(name)
    rest = _letters(folded[1:])
    return tuple(dict.fromkeys(_plain(first + rest) for first in _read_family_name(folded[0])))


def spell_family_names(name: str) -> tuple[str, ...]:
    """Return the pinyin of possible family names: of the first Chinese character, else of the first and the last part.

    A name with a middle dot has parts as one with blanks: which of them the family shares differs by language.
    """
    parts = [part for part in map(fold_name, _PARTS.split(name)) if part]
    if len(parts) == 1:
        first = parts[0][0]
        return (
            tuple(map(_plain, _read_family_name(first))) if first in _load_readings() else (_plain(_letters(parts[0])),)
        )
    return tuple(dict.fromkeys(_plain(_letters(part)) for part in (parts[0], parts[-1])))


def sort_letters(spelling: str) -> str:
    """Return the letters in alphabetical order: Zhang Xiaoming and Xiao Ming ZHANG have the same."""
    return "".join(sorted(spelling))


def _letters(part: str) -> str:
    return "".join(map(_read, part))


def _plain(spelling: str) -> str:
    return _ROUNDED.sub(r"\1u", spelling)


@lru_cache(maxsize=8192)  # a few thousand characters make all names
def _read(character: str) -> str:
    """Return the usual reading of a character without tones; of a Latin letter the letter itself."""
    return _without_accents(_load_readings().get(character, character).partition(",")[0])


def _read_family_name(character: str) -> tuple[str, ...]:
    """Return the usual reading of a character, and that as a family name where it is another."""
    return tuple(dict.fromkeys((_read(character), _FAMILY_READINGS.get(character, _read(character)))))


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@cache
def _load_readings() -> Mapping[str, str]:
    """Return the readings of each Chinese character, parted by commas. Raises RuntimeError without pypinyin's table."""
    package = find_spec("pypinyin")  # of a whole package it finds the folder, and imports nothing
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("pypinyin is not installed: run `make setup`, or install requirements/base.lock")
    with (Path(package.submodule_search_locations[0]) / "pinyin_dict.json").open(encoding="utf-8") as file:
        return {chr(int(code)): readings for code, readings in json.load(file).items()}
