"""The scan of what leaves a service finds the numbers of persons, and nothing else."""

import pytest

from tests.personal_numbers import personal_numbers


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"item": "\xe9\x80\x81 13912345678"}', ["13912345678"]),
        ("王伟 11010519491231002X", ["11010519491231002X"]),
        ("110105194912310022 has a wrong check digit", []),
        ("area 110102009017 and 1391234567 and 139123456789", []),
        ("need_00k3v9x2a4b5c6d7e8f9", []),
        ("26013912345 is no mobile number", []),
    ],
)
def test_the_scan_finds_what_is_a_persons_number(body: bytes | str, found: list[str]) -> None:
    assert personal_numbers([body]) == found
