"""An assistant drafts: once, unpublished, for a person to read."""

import json
from typing import Any

import httpx
import pytest
from assistant_double import DRAFT, WORKER, Owners, call, refusal
from fastapi import FastAPI


def test_a_draft_is_made_unpublished_and_the_answer_names_the_person_to_ask(api: FastAPI, owners: Owners) -> None:
    result = call(api, WORKER, "draft_need", **DRAFT, once="first-draft")
    ((command, _),) = owners.sent
    assert command.publish is False
    assert result.structured_content["state"] == "draft"
    assert "/v1/needs/need_7/publish" in result.structured_content["draft"]


def test_a_repeated_call_is_the_same_request_and_another_draft_is_another(api: FastAPI, owners: Owners) -> None:
    call(api, WORKER, "draft_need", **DRAFT, once="first-draft")
    call(api, WORKER, "draft_need", once="first-draft", **dict(reversed(DRAFT.items())))
    call(api, WORKER, "draft_need", **DRAFT, once="second-draft")
    call(api, WORKER, "draft_need", **{**DRAFT, "title": "Another"}, once="first-draft")
    ids = [origin.message_id() for _, origin in owners.sent]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("publish", [True, False])
def test_publishing_is_for_people(api: FastAPI, owners: Owners, publish: bool) -> None:
    problem = refusal(call(api, WORKER, "draft_need", **DRAFT, once="first-draft", publish=publish))
    assert (problem["rule"], problem["errors"][0]["field"]) == ("people_publish", "publish")
    assert owners.sent == []


@pytest.mark.parametrize("once", [None, "", "short", "x" * 65, "with blank", 12345678])
def test_a_draft_without_a_word_of_its_own_is_refused(api: FastAPI, owners: Owners, once: Any) -> None:
    assert refusal(call(api, WORKER, "draft_need", **DRAFT, once=once))["rule"] == "once_missing"
    assert owners.sent == []


def test_the_gateway_is_asked_for_a_draft_even_if_its_default_were_another() -> None:
    bodies: list[dict[str, Any]] = []

    def register(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":  # the client also asks for the list of tools
            bodies.append(json.loads(request.content))
        return httpx.Response(201, json={"id": "need_7"})

    call(httpx.MockTransport(register), WORKER, "draft_need", **DRAFT, once="first-draft")
    assert bodies == [{**DRAFT, "publish": False}]


def test_an_answer_that_is_no_draft_is_not_called_one() -> None:
    published = httpx.MockTransport(lambda _: httpx.Response(201, json={"id": "need_7", "state": "published"}))
    result = call(published, WORKER, "draft_need", **DRAFT, once="first-draft")
    assert result.structured_content == {"id": "need_7", "state": "published"}
