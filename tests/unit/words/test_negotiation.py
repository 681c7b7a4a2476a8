"""The language of an answer: the one that Accept-Language asks for, and the default for anything else."""

import time

import pytest

from shared.words import LANGUAGES, Language, negotiate


@pytest.mark.parametrize(
    ("header", "default", "expected"),
    [
        ("", "zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "en", "zh"),
        ("en;q=0.2, zh-Hans-CN;q=0.7", "en", "zh"),
        ("zh;Q=0.1, en;Q=0.9", "zh", "en"),
        ("fr-FR, de;q=0.9", "zh", "zh"),
        ("fr, en;q=0.1", "zh", "en"),
        ("*", "zh", "zh"),
        ("zh;q=0, *", "zh", "en"),
        ("zh;q=0", "zh", "en"),
        ("en;q=0, zh;q=0", "zh", "zh"),
        ("zh;q=nan, en;q=0.5", "zh", "en"),
        ("zh;q=inf, en", "zh", "en"),
        ("zh;q=9, en;q=0.1", "zh", "en"),
        ("zh;q=-1, en;q=0.001", "zh", "en"),
        ("ZH_cn", "en", "en"),
        (";;;,,,q=1,\x00,zh-\u4e2d,-,--,zh--x", "en", "en"),
        ("x" * 10_000, "en", "en"),
        ("en," * 10_000 + "zh", "zh", "en"),
    ],
)
def test_the_language_follows_weights_and_falls_back(header: str, default: Language, expected: str) -> None:
    assert negotiate(header, default) == expected


def test_a_header_of_any_form_costs_little() -> None:
    began = time.perf_counter()
    for part in (",", ";", "zh;q=", "*", "-", "zh-", "a-b-"):
        assert negotiate(part * 10_000, "en") in LANGUAGES
    assert time.perf_counter() - began < 1
