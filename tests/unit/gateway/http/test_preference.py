"""A caller prefers the minimal answer by RFC 7240, and only where the description says so."""

import pytest
from described_api import describe

from services.gateway.http.preference import is_minimal

SHOWN_ONCE = {"/v1/keys", "/v1/accounts", "/v1/sessions", "/v1/webhooks"}
"""Each answer has a secret, which is shown in no other."""


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["return=minimal"], True),
        (['Return = "minimal"; strict, wait=5'], True),
        (["respond-async", "return=minimal"], True),
        (["return=representation", "return=minimal"], False),
        (['note="a, return=minimal"'], False),
        (['note="a\\", return=minimal"'], False),
        (["return"], False),
        (["returned=minimal"], False),
        ([], False),
        (['"'], False),
        (["return=minimal", '"open, return=representation'], True),
        (['\\"' * 30_000, "return=minimal"], False),
    ],
)
def test_the_first_return_of_the_list_counts(values: list[str], wanted: bool) -> None:
    assert is_minimal(values) is wanted


def test_an_operation_that_heeds_the_preference_says_so_in_its_answer() -> None:
    heeding = set()
    for path, methods in describe()["paths"].items():
        for operation in methods.values():
            heeds = any(each["name"] == "Prefer" for each in operation.get("parameters", ()))
            says_so = "Preference-Applied" in operation["responses"].get("201", {}).get("headers", {})
            assert heeds == says_so, path
            assert not {"201", "204"} <= operation["responses"].keys(), "two successes are two types for every client"
            heeding |= {path} if heeds else set()
    assert heeding > {"/v1/needs", "/v1/consents", "/v1/residents", "/v1/workers"}
    assert not heeding & SHOWN_ONCE


def test_every_answer_to_a_creation_describes_the_path_of_the_new_thing() -> None:
    answers = [
        operation["responses"]["201"] for methods in describe()["paths"].values() for operation in methods.values()
        if "201" in operation["responses"]
    ]  # fmt: skip
    assert len(answers) > 30
    assert all("Location" in answer.get("headers", {}) for answer in answers)
