"""Problem documents: the form of a refusal, and the time to come again."""

import json
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from services.gateway.http.answers import BrokenRule
from services.gateway.http.language import speaking
from services.gateway.http.problems import CODES, Problem, document, from_refusal, from_validation, respond
from shared.contracts import Refused
from shared.contracts.areas import AreaCode
from shared.contracts.plain import Code
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


class _Asked(BaseModel):
    area: AreaCode = "11"
    kind: Literal["theme", "group", "item"] = "theme"
    code: Code = "pets"
    urgency: Annotated[str, Field(pattern="^(low|high)$")] = "low"
    task: Annotated[str, Field(pattern=f"^({'|'.join('a' * nth for nth in range(1, 40))})$")] = "a"


@pytest.mark.parametrize(
    ("given", "rule", "english", "chinese"),
    [
        ({"area": "1101a"}, "not_an_area_code", "2, 4, 6, 9 or 12 digits", "2、4、6、9 或 12 位数字"),
        ({"kind": "itm"}, "literal_error", "theme, group, or item.", "theme、group或item。"),
        ({"code": "Red Wine"}, "not_snake_case", "lower-case letters", "小写字母"),
        ({"urgency": "hgh"}, "literal_error", "low or high.", "low或high。"),
        ({"task": "b"}, "unknown_choice", "one of the 39 codes", "39 个代码之一"),
    ],
)
def test_a_broken_form_is_explained_in_words_and_not_by_a_pattern(
    given: dict[str, str], rule: str, english: str, chinese: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        _Asked.model_validate(given)
    for language, words in (("en", english), ("zh", chinese)):
        with speaking(Wording(language)):
            shown = document(from_validation(caught.value.errors()), "/v1/needs")
        assert shown.errors is not None
        assert [error.rule for error in shown.errors] == [rule]
        assert words in shown.errors[0].detail
        assert not {"^", "'"} & set(shown.detail)


def test_every_problem_type_has_a_title_in_both_languages() -> None:
    for language in LANGUAGES:
        assert {code for _, code in catalogue(language, "titles")} == CODES


def test_a_problem_that_is_about_no_field_lists_none() -> None:
    assert "errors" not in json.loads(respond(Problem(404, "not_found", "no_such_path"), "/x").body)


def test_waiting_answers_say_when_to_come_again() -> None:
    assert from_refusal(Refused("unavailable", "being_changed")).headers["Retry-After"]
