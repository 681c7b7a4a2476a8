"""Problem documents: what a refusal becomes, and when to come again."""

import json

import pytest

from services.gateway.http.answers import BrokenRule
from services.gateway.http.language import speaking
from services.gateway.http.problems import CODES, Problem, document, from_refusal, respond
from shared.contracts import Refused
from shared.contracts.refusals import STATUS
from shared.words import LANGUAGES, Wording
from shared.words.catalogues import catalogue


@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_refusal_becomes_a_problem_with_its_status(code: str) -> None:
    problem = from_refusal(Refused(code, "due_too_late", field="due", years=5))
    shown = document(problem, "/v1/needs")
    assert shown.status == STATUS[code]
    assert (shown.rule, shown.args) == ("due_too_late", {"years": 5})
    sentence = "The due time is more than 5 years away: check the year."
    assert shown.detail == sentence
    assert shown.errors == [BrokenRule(field="due", rule="due_too_late", args={"years": 5}, detail=sentence)]
    assert shown.title
    assert shown.type.endswith(code)


def test_a_problem_is_worded_in_the_language_of_its_request() -> None:
    refusal = from_refusal(
        Refused("wrong_state", "need_not_in_state", state="draft", action="confirm", allowed="served")
    )
    with speaking(Wording("zh")):
        shown = document(refusal, "/v1/needs")
    assert shown.detail == "需求处于“草稿”状态，不能确认；允许的状态：已服务。"
    assert shown.title == "当前状态不允许"
    assert shown.args == {"state": "draft", "action": "confirm", "allowed": "served"}


def test_every_problem_type_has_a_title_in_both_languages() -> None:
    for language in LANGUAGES:
        assert {code for _, code in catalogue(language, "titles")} == CODES


def test_a_problem_that_is_about_no_field_lists_none() -> None:
    assert "errors" not in json.loads(respond(Problem(404, "not_found", "no_such_path"), "/x").body)


def test_waiting_answers_say_when_to_come_again() -> None:
    assert from_refusal(Refused("unavailable", "being_changed")).headers["Retry-After"]
