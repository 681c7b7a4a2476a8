"""Likely duplicates: agreement counts for, disagreement against, and each has its reason."""

from dataclasses import replace

import pytest
from identity_numbers import invented_number

from shared.people import Particulars
from shared.people.likeness import LIKELY, MOST_SHOWN, Likeness, find_likely

PERSON = Particulars("张伟", "+8613800138000", invented_number("19800229"), 1980, (116.341, 39.93))


def likeness(other: Particulars, person: Particulars = PERSON) -> Likeness | None:
    found = find_likely(person, {"other": other})
    return found[0] if found else None


def codes(other: Particulars, person: Particulars = PERSON) -> list[str]:
    like = likeness(other, person)
    return [] if like is None else [reason.code for reason in like.reasons]


def test_the_same_identity_number_is_the_same_person_whatever_else_was_written() -> None:
    found = likeness(Particulars("李娜", identity_number=PERSON.identity_number, birth_year=1975))
    assert found is not None
    assert found.score >= LIKELY
    assert [reason.code for reason in found.reasons] == ["same_identity_number", "other_name", "other_birth_year"]


def test_another_identity_number_makes_even_a_namesake_of_the_year_another_person() -> None:
    namesake = Particulars("张伟", identity_number=invented_number("19800229", order=7), birth_year=1980)
    assert likeness(namesake) is None
    assert likeness(replace(namesake, phone=PERSON.phone)) is None


def test_where_all_else_agrees_another_number_may_be_a_slip_and_is_named() -> None:
    found = codes(replace(PERSON, identity_number=invented_number("19800229", order=7)))
    assert found == ["other_identity_number", "same_name", "same_birth_year", "same_phone", "lives_near"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Particulars("张伟", birth_year=1980), ["same_name", "same_birth_year"]),
        (Particulars("章玮", birth_year=1980), ["same_sound", "same_birth_year"]),
        (Particulars("Zhang Wei", birth_year=1980), ["same_sound", "same_birth_year"]),
        (Particulars("张伟", "+8613800138000"), ["same_name", "same_phone"]),
        (Particulars("张玮丽", "+8613800138000", birth_year=1980), ["similar_name", "same_birth_year", "same_phone"]),
        (Particulars("张伟", home=(116.3412, 39.9301)), ["same_name", "lives_near"]),
    ],
)
def test_a_likely_duplicate_has_its_reasons(other: Particulars, expected: list[str]) -> None:
    assert codes(other) == expected


@pytest.mark.parametrize(
    "other",
    [
        Particulars("张伟"),  # a name alone
        Particulars("张伟", birth_year=1960),
        Particulars("李娜", "+8613800138000", birth_year=1980),  # a couple with one telephone
        Particulars("张小明", "+8613800138000", birth_year=2012, home=(116.341, 39.93)),  # a child
    ],
)
def test_namesakes_couples_and_children_are_other_people(other: Particulars) -> None:
    assert likeness(other) is None


def test_another_extension_of_one_line_counts_less_than_the_same_telephone() -> None:
    desk = Particulars("张伟", "+861066012345;ext=801", birth_year=1980)
    same, other = likeness(desk, desk), likeness(replace(desk, phone="+861066012345;ext=802"), desk)
    assert same is not None
    assert other is not None
    assert same.score > other.score
    assert "same_phone_line" in [reason.code for reason in other.reasons]


def test_the_likeliest_comes_first_and_at_most_twenty_are_shown() -> None:
    many = {f"p{n:02d}": Particulars("章玮", birth_year=1980) for n in range(30)}
    found = find_likely(PERSON, {**many, "best": replace(PERSON, name="Zhang Wei")})
    assert len(found) == MOST_SHOWN
    assert found[0].id == "best"
    assert found[0].score == 100
    assert [like.id for like in found[1:]] == sorted(many)[: MOST_SHOWN - 1]


def test_likeness_goes_both_ways() -> None:
    others = [Particulars("章玮", birth_year=1980), Particulars("Wei Zhang", PERSON.phone), PERSON]
    for other in others:
        there, back = likeness(other), likeness(PERSON, other)
        assert (there and there.score) == (back and back.score)
