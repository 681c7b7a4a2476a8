"""Area codes are compared as text, so they are ASCII digits of the five lengths and nothing else."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.access.actor import Reach
from shared.contracts.areas import AreaCode


@pytest.mark.parametrize("code", ["11", "1101", "110102", "110102009", "110102009017"])
def test_a_code_of_each_level_is_taken(code: str) -> None:
    assert TypeAdapter(AreaCode).validate_python(code) == TypeAdapter(Reach).validate_python(code) == code


@pytest.mark.parametrize("code", ["１１０１", "١١٠١", "१११०", "1", "110", "1101\n", " 1101", "1101020090170"])
def test_digits_of_other_scripts_and_other_lengths_are_refused(code: str) -> None:
    for kind in (AreaCode, Reach):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(code)
