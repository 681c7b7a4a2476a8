"""Passwords are refused where they are guessed first, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.access.password_rules import find_weakness, normalize


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "P@ssw0rd!", "12345678", "87654321", "123123123", "aaaaaaaa", "abababab", "qwertyui",
        "1q2w3e4r", "1qaz2wsx", "asdfghjkl", "woaini1314", "nihao123", "19900101", "13800000000", "abc12345",
        "lianshan2026", "!!password!!", "qwer1234", "１２３４５６７８", "我的密码2026", "abcdefgh", "zxcvbnm1",
    ],
)  # fmt: skip
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    assert find_weakness(password, "elm-lane") == "password_too_common"


@pytest.mark.parametrize("password", ["elm-lane", "Elm-Lane2026", "xelm-lane1", "12elm-lane!"])
def test_a_password_made_of_the_name_of_the_account_is_refused(password: str) -> None:
    assert find_weakness(password, "elm-lane") == "password_like_name"


@pytest.mark.parametrize(
    "password",
    [
        "seven grey herons", "tr0ub4dor&3", "榆树下的七只白鹭飞", "correcthorsebatterystaple", "mypasswordislong",
        "nine elm-lane cats", "x7#kQ2!v", "492817365014", "a fine day in may",
    ],
)  # fmt: skip
def test_any_other_may_be_set_without_rules_of_composition(password: str) -> None:
    assert find_weakness(password, "elm-lane") is None


def test_one_password_has_one_form_however_it_was_typed() -> None:
    assert normalize("Ａ１é") == normalize("A1e\u0301")


@given(st.text(max_size=128), st.from_regex(r"[a-z][a-z0-9._-]{2,31}", fullmatch=True))
def test_every_text_is_judged(password: str, name: str) -> None:
    assert find_weakness(password, name) in {None, "password_too_common", "password_like_name"}
