"""A person is found by marks: the same however the data was written, and of no use without the service's key."""

from dataclasses import replace

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from identity_numbers import invented_number
from pydantic import TypeAdapter

from shared.contracts.messages import IdentityNumber, PersonName, Phone
from shared.contracts.person_names import fold_name
from shared.people import NO_MARKS, Marker, Particulars
from shared.people.marks import MARKS, group_blocks
from shared.people.spelling import sort_letters, spell, spell_family_names
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault

RING = KeyRing.of_key(bytes(range(32)))
VAULT = Vault(RING, "volunteering")
MARKER = Marker(VAULT)
NUMBER = invented_number("19800229")
PERSON = Particulars("古丽米热·艾比布力", "+861066012345;ext=801", NUMBER, 1980, (116.341, 39.93))
FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}


def shared_blocks(one: Particulars, other: Particulars) -> set[str]:
    """The blocks in which the one finds the other."""
    theirs = set(MARKER.of_person(other))
    return {kind for kind, marks in MARKER.blocks_of(one).items() if theirs.intersection(marks)}


def test_every_mark_is_another_and_holds_nothing_of_the_person() -> None:
    marks = MARKER.of_person(PERSON)
    # Number, telephone with and without its extension, name, sound, and a household for each part of the name.
    assert len(marks) == len(set(marks)) == 7
    assert sorted({mark[0] for mark in marks}) == ["h", "i", "n", "p", "s"]
    assert {len(mark) for mark in marks} == {17}
    assert not any(secret in "".join(marks) for secret in ("1980", NUMBER, "6601", "gul"))


def test_no_two_services_have_the_same_mark_and_a_rotation_of_the_ring_changes_none() -> None:
    charity = Marker(Vault(RING, "charity"))
    assert not set(charity.of_person(PERSON)) & set(MARKER.of_person(PERSON))
    later = Marker(Vault(RING.with_key(bytes(32)).retire(), "volunteering"))
    assert later.of_person(PERSON) == MARKER.of_person(PERSON)
    # Stores of release 0.2 have one index key for all services; marks never go by it.
    unbound = Marker(Vault(RING, "volunteering", bound=False))
    assert unbound.of_person(PERSON) == MARKER.of_person(PERSON)
    assert Marker(Vault(bytes(32), "volunteering")).of_person(PERSON) != MARKER.of_person(PERSON)


def test_the_same_text_has_another_mark_of_each_kind() -> None:
    assert MARKER.of_phone(NUMBER)[1:] != MARKER.of_identity_number(NUMBER)[1:]
    assert MARKER.of_name("19", 80) != MARKER.of_name("1", 980)


written_phone = st.sampled_from(["13800138000", "+86 138-0013-8000", "１３８００１３８０００", "0086 138 0013 8000"])
written_name = st.sampled_from(["古丽米热·艾比布力", "古丽米热•艾比布力", "古丽米热 . 艾比布力", "古丽米热・艾比布力"])
written_number = st.sampled_from(
    [NUMBER, NUMBER.lower(), NUMBER.translate(FULL_WIDTH), f"{NUMBER[:6]} {NUMBER[6:14]}-{NUMBER[14:]}"]
)


@examples(40)
@given(written_name, written_phone, written_number)
def test_one_person_written_in_different_ways_has_the_same_marks(name: str, phone: str, number: str) -> None:
    plain = Particulars("古丽米热·艾比布力", "+8613800138000", NUMBER, 1980)
    given_so = Particulars(
        TypeAdapter(PersonName).validate_python(name),
        TypeAdapter(Phone).validate_python(phone),
        TypeAdapter(IdentityNumber).validate_python(number),
        1980,
    )
    assert MARKER.of_person(given_so) == MARKER.of_person(plain)


@examples(40)
@given(st.text(min_size=1, max_size=20), st.integers(1900, 2026))
def test_every_name_has_marks_by_which_it_is_found(name: str, year: int) -> None:
    person = Particulars(name, birth_year=year)
    assert MARKER.of_name(name, year) in MARKER.of_person(person)
    assert "sound" in shared_blocks(person, person)


def test_a_name_is_the_same_with_and_without_dots_blanks_and_case() -> None:
    for name in ("Li Na", "LI NA", "li na", "LiNa", "Ｌｉ　Ｎａ"):
        assert MARKER.of_name(name, 1980) == MARKER.of_name("Li Na", 1980)
    assert MARKER.of_name("李娜", 1980) != MARKER.of_name("李那", 1980)
    assert MARKER.of_name("李娜", 1980) != MARKER.of_name("李娜", 1981)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张伟", "章玮"),
        ("张伟", "Zhang Wei"),
        ("张伟", "Wei ZHANG"),
        ("张伟", "Zhāng Wěi"),
        ("王小明", "Wang Xiaoming"),
        ("王小明", "Xiao-Ming Wang"),
        ("吕丽", "Lü Li"),
        ("吕丽", "LYU LI"),
        ("吕丽", "lv li"),
        ("单雄", "Shan Xiong"),
        ("曾婷", "Zeng Ting"),
    ],
)
def test_names_of_one_sound_share_a_block(one: str, other: str) -> None:
    assert shared_blocks(Particulars(one, birth_year=1980), Particulars(other, birth_year=1980)) == {"sound"}
    assert shared_blocks(Particulars(other, birth_year=1980), Particulars(one, birth_year=1980)) == {"sound"}


def test_a_sound_is_shared_within_a_year_and_with_people_of_an_unknown_one() -> None:
    known = Particulars("张伟", birth_year=1980)
    assert shared_blocks(known, replace(known, birth_year=1981)) == set()
    assert shared_blocks(known, replace(known, birth_year=None)) == {"sound"}


def test_a_telephone_with_an_extension_is_found_by_its_line_and_not_by_another_extension() -> None:
    with_extension = MARKER.of_person(PERSON)
    assert MARKER.of_phone("+861066012345;ext=801") in with_extension
    assert MARKER.of_phone("+861066012345") in with_extension
    assert MARKER.of_phone("+861066012345;ext=802") not in with_extension
    other = Particulars("Elm Example", "+861066012345;ext=802")
    assert shared_blocks(PERSON, other) == {"phone"}


def test_a_household_is_a_family_name_and_a_home_nearby() -> None:
    here = Particulars("王小明", home=(116.341, 39.930))
    assert shared_blocks(here, Particulars("王建国", home=(116.341, 39.930))) == {"household"}
    assert shared_blocks(here, Particulars("王建国", home=(116.342, 39.929))) == {"household"}
    assert shared_blocks(here, Particulars("王建国", home=(116.343, 39.930))) == set()
    assert shared_blocks(here, Particulars("李建国", home=(116.341, 39.930))) == set()


def test_the_surest_blocks_come_first_and_marks_of_look_ups_are_none() -> None:
    assert list(MARKER.blocks_of(PERSON)) == ["identity_number", "phone", "sound", "household"]
    assert list(group_blocks(MARKER.of_person(PERSON))) == ["identity_number", "phone", "sound", "household"]
    assert MARKER.of_name(PERSON.name, 1980) not in [m for marks in MARKER.blocks_of(PERSON).values() for m in marks]
    assert group_blocks(()) == {}


def test_a_forgotten_person_has_an_empty_list_of_marks() -> None:
    assert dict(NO_MARKS) == {MARKS: []}


class TestSpelling:
    def test_a_rare_character_and_other_scripts_have_a_spelling(self) -> None:
        assert spell("𠮷田")
        assert spell("གཡུ")
        assert spell("محمد")
        assert spell("★") == ("★",)

    def test_a_family_name_is_the_first_character_or_either_end(self) -> None:
        assert spell_family_names("王小明") == ("wang",)
        assert spell_family_names("Wei Zhang") == ("wei", "zhang")
        assert len(spell_family_names("古丽米热·艾比布力")) == 2
        assert set(spell_family_names("单雄")) >= {"dan", "shan"}

    def test_a_folded_name_keeps_letters_and_digits(self) -> None:
        assert fold_name("O'Neil, Anna-Lena") == "oneilannalena"
        assert fold_name("𠮷田") == "𠮷田"
        assert sort_letters("wangming") == "aggimnnw"
