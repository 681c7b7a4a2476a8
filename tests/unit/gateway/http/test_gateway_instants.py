"""A time in a query is an instant of RFC 3339, as its description says."""

import pytest
from pydantic import TypeAdapter, ValidationError

from services.gateway.http.parameters import InstantIn


@pytest.mark.parametrize("text", ["0.5", "2030", "1e9", "-1", "inf", ""])
def test_a_number_in_a_query_is_no_instant(text: str) -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(InstantIn).validate_python(text)
    assert error.value.errors()[0]["type"] == "datetime_parsing"


def test_an_instant_in_a_query_has_its_offset() -> None:
    assert (
        TypeAdapter(InstantIn).validate_python("2030-05-01T10:00:00+08:00").isoformat() == "2030-05-01T10:00:00+08:00"
    )
