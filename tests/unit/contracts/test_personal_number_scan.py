"""The scan of data that leaves a service finds the numbers of persons, and nothing else."""

import pytest
from personal_numbers import personal_numbers


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


@pytest.mark.parametrize(
    "random",
    [
        "4bf92f3577b34da6a13912345678c736",
        "00-4bf92f3577b34da6a13912345678c736-a13912345678c736-01",
        "need_00k13912345678a4b5c6",
        "v1.0a1b2c3d.ab-13912345678-cd_ef==",
        "116.13912345678",
    ],
)
def test_random_characters_are_no_numbers_of_persons(random: str) -> None:
    assert personal_numbers([f'{{"id": "{random}", "n": 1}}']) == []
    assert personal_numbers([f'{{"id": "{random}", "to": "送到李四13912345678"}}']) == ["13912345678"]
