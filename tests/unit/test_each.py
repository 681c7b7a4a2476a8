"""A law of all things of a kind names each thing that breaks it, and needs a thing to hold for."""

import re

import pytest

from tests.each import for_each


def test_each_thing_that_breaks_the_law_is_named_and_no_other() -> None:
    @for_each("word", ["even", "odd", "seven"])
    def has_even_length(word: str) -> None:
        assert len(word) % 2 == 0

    with pytest.raises(AssertionError) as caught:
        has_even_length()
    named = re.findall(r"^(\w+): ", str(caught.value), re.MULTILINE)
    assert named == ["odd", "seven"]


def test_a_law_of_nothing_fails() -> None:
    @for_each(("service", "kind"), [])
    def holds(service: str, kind: str) -> None: ...

    with pytest.raises(AssertionError, match="nothing to hold the law for"):
        holds()


def test_an_exception_ends_the_test_with_the_thing_in_a_note() -> None:
    @for_each("number", [1, 0], ids=lambda number: f"number {number}")
    def divides(number: int) -> None:
        assert 1 / number

    with pytest.raises(ZeroDivisionError) as caught:
        divides()
    assert caught.value.__notes__ == ["with number 0"]


@for_each(("low", "high"), [(1, 2), (3, 4)])
def test_other_arguments_stay_fixtures(low: int, high: int, request: pytest.FixtureRequest) -> None:
    assert low < high
    assert request.node.name == "test_other_arguments_stay_fixtures"
