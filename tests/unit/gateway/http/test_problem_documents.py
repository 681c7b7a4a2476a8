"""Problem documents: what a refusal becomes, and when to come again."""

import json

import pytest

from services.gateway.http.answers import BrokenRule
from services.gateway.http.problems import Problem, document, from_refusal, respond
from shared.contracts import Refused
from shared.contracts.refusals import STATUS


@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_refusal_becomes_a_problem_with_its_status(code: str) -> None:
    problem = from_refusal(Refused(code, "What now.", field="due", rule="due in the future"))
    shown = document(problem, "/v1/needs")
    assert shown.status == STATUS[code]
    assert shown.detail == "What now."
    assert shown.errors == [BrokenRule(field="due", rule="due in the future", detail="What now.")]
    assert shown.title
    assert shown.type.endswith(code)


def test_a_problem_that_is_about_no_field_lists_none() -> None:
    assert "errors" not in json.loads(respond(Problem(404, "not_found", "Nothing."), "/x").body)


def test_waiting_answers_say_when_to_come_again() -> None:
    assert from_refusal(Refused("unavailable", "x")).headers["Retry-After"]
