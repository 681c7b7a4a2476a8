"""An assistant reads: bounded answers, cursors, no words about people unasked, words of residents as data."""

from typing import Any

import pytest
from assistant_double import ATTACK, READER, STRANGER, Owners, answered, call, refusal, text_of
from fastapi import FastAPI
from gateway_events import NEED

from deploy.lianshan.assistant.bounds import MOST_BYTES, measure


def test_a_need_is_read_with_its_timeline_and_without_words_about_people(api: FastAPI) -> None:
    result = call(api, READER, "read_need", need_id=NEED)
    assert not result.is_error
    assert (result.structured_content["id"], result.structured_content["title"]) == (NEED, None)
    assert result.structured_content["timeline"]


def test_a_page_of_needs_has_twenty_where_no_other_number_is_asked_for(api: FastAPI, owners: Owners) -> None:
    result = call(api, READER, "list_needs", state=["published", "ready"], waiting=False)
    assert [item["id"] for item in result.structured_content["items"]] == [NEED]
    assert owners.limits == [20]


def test_a_page_that_is_too_large_is_read_again_with_fewer_items_and_their_cursor(api: FastAPI, owners: Owners) -> None:
    (one,) = owners.views.values()
    owners.views = {f"need_{n}": one.model_copy(update={"id": f"need_{n}"}) for n in range(200)}
    result = call(api, READER, "list_needs", limit=200)
    page = result.structured_content
    assert owners.limits == [200, len(page["items"])]
    assert page["next"] == "next_page"
    assert MOST_BYTES * 0.9 < measure(page) <= MOST_BYTES


def test_the_story_of_a_thing_that_is_too_long_loses_its_oldest_part(api: FastAPI) -> None:
    story = [{"at": str(n), "text": "x" * 1000} for n in range(200)]
    result = call(answered({"id": NEED, "timeline": story}), READER, "read_need", need_id=NEED)
    shown = result.structured_content
    assert shown["timeline"][-1]["at"] == "199"
    assert shown["left_out"] == {"timeline": 200 - len(shown["timeline"])}
    assert measure(shown) <= MOST_BYTES


@pytest.mark.parametrize(
    "answer", [{"items": [{"note": "x" * 50_000}], "next": None}, {"id": NEED, "note": "x" * 50_000}]
)
def test_an_answer_that_nothing_shortens_is_refused(answer: dict[str, Any]) -> None:
    assert refusal(call(answered(answer), READER, "list_needs"))["rule"] == "answer_too_large"


def test_words_of_residents_stay_strings_within_the_answer(api: FastAPI) -> None:
    result = call(answered({"id": NEED, "title": ATTACK}), READER, "read_need", need_id=NEED)
    assert result.structured_content["title"] == ATTACK
    assert "\n" not in text_of(result)
    assert '\\"role\\"' in text_of(result)


def test_codes_are_worded_in_both_languages(api: FastAPI) -> None:
    found = call(api, STRANGER, "explain_codes", codes=["permission_missing", "not_allowed", "no_such_code"])
    codes = found.structured_content["codes"]
    assert "permission" in codes["permission_missing"]["en"]
    assert all(codes["not_allowed"].values())
    assert codes["no_such_code"] == {"en": None, "zh": None}
