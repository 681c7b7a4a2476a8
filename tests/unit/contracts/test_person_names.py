"""A person's name is stored in one form of the middle dot, from any keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts.messages import PersonName
from shared.contracts.person_names import is_named_in

NAME = TypeAdapter(PersonName)
UYGHUR = "古丽米热·艾比布力"


@pytest.mark.parametrize("dot", ["·", "•", "‧", "∙", "⋅", "・", "･", "●", ".", "．", "。", " · ", "\u0387"])
def test_every_form_of_the_middle_dot_is_one(dot: str) -> None:
    assert NAME.validate_python(f"古丽米热{dot}艾比布力") == UYGHUR


@pytest.mark.parametrize("name", ["𠮷田", "张伟", "J. Smith", "Anna-Lena O'Neil", "མི་དམར", "Li Na", UYGHUR])
def test_a_name_of_any_script_stays_as_it_is(name: str) -> None:
    assert NAME.validate_python(name) == name


@pytest.mark.parametrize(
    "name", ["张\x00伟", "张\u200b伟", "张\u2060伟", "\ufeff张伟", " ", "\u3164", "\u200b", "", "张\n伟"]
)
def test_what_hides_something_or_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)


@given(st.text(min_size=1, max_size=30))
def test_a_stored_name_is_stored_the_same_again(name: str) -> None:
    try:
        stored = NAME.validate_python(name)
    except ValidationError:
        return
    assert NAME.validate_python(stored) == stored


class TestNamesIn:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("张伟", "核对张伟的报名"),
            ("古丽米热·艾比布力", "核对 古丽米热 艾比布力 的报名"),
            ("Lin Example", "a call about LIN  EXAMPLE, for Saturday"),
            ("Lin Example", "lin.example's shift"),
            ("O'Neil", "oneil called"),
            ("Ümüt", "about ÜMÜT."),
        ],
    )
    def test_a_name_is_found_in_a_sentence_in_each_of_its_spellings(self, name: str, text: str) -> None:
        assert is_named_in(text, name)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("Li", "a likely duplicate"),
            ("Li An", "their familian alliance"),
            ("Lin Example", "a call about Lin"),
            ("张伟", "核对张先生的报名"),
            ("·", "a call · today"),
            ("安", "安排周六的活动"),
        ],
    )
    def test_a_part_of_another_word_is_no_name(self, name: str, text: str) -> None:
        assert not is_named_in(text, name)
