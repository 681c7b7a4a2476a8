"""Each operation has a name for generated clients to keep, and lists the problems that it may answer and no other."""

import re
from typing import Any, Final

import httpx
import pytest
from described_api import check_described, describe, list_operations

from services.gateway.http.problems import document, not_found
from tests.each import for_each

OPERATIONS: Final = [(each, path) for _, path, each in list_operations()]
EVERY: Final = {401, 403, 422, 429, 500, 503}
"""The problems of every path that takes a key."""
BODY: Final = {400, 413, 415}
"""The problems of every path that takes a body, and of those alone."""


def _statuses(operation: dict[str, Any]) -> set[int]:
    return {int(status) for status in operation["responses"] if int(status) >= 400}


def test_operations_are_called_as_their_functions_and_each_otherwise() -> None:
    names = [operation["operationId"] for _, _, operation in list_operations()]
    assert len(set(names)) == len(names)
    # Words of lower case with underscores, as OpenAPI's generators for every language take them; never the path.
    assert not [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name) or "v1" in name]


FOLLOWING = {
    "/v1/events", "/v1/events/stream", "/v1/webhooks/{webhook_id}/replay", "/v1/webhooks/{webhook_id}/resume",
}  # fmt: skip
"""Operations that go on from a place in the feed."""
SIGNED: Final = "/v1/notice-reports"
"""The one that needs a signature in place of a key."""


@for_each(("operation", "path"), OPERATIONS, lambda each: each[0]["operationId"])
def test_an_operation_lists_the_problems_of_what_it_takes_and_no_other(operation: dict[str, Any], path: str) -> None:
    statuses = _statuses(operation)
    if path == SIGNED:
        assert statuses == BODY | {401, 404, 408, 409, 422, 429, 500, 503, 504}
        return
    if "security" not in operation:
        # Probes, and signing in.
        assert statuses <= {503} or (statuses >= BODY | {422, 500, 503} and not statuses & {404, 409, 410, 412})
        return
    headers = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
    assert statuses >= EVERY
    content = operation.get("requestBody", {}).get("content", {})
    # 400 is of JSON that cannot be read; a file is read by its owner.
    assert statuses & BODY == (BODY if "application/json" in content else BODY - {400} if content else set())
    assert (412 in statuses) == ("If-Match" in headers)
    assert 404 in statuses or "{" not in path
    assert (410 in statuses) == (path in FOLLOWING)


def test_every_problem_is_described_with_an_example_that_its_type_fits() -> None:
    responses = describe()["components"]["responses"]
    answers = [answer for _, _, each in list_operations() for answer in each["responses"].values()]
    used = {answer["$ref"] for answer in answers if "$ref" in answer}
    assert used == {f"#/components/responses/{name}" for name in responses}
    for response in responses.values():
        content = response["content"]["application/problem+json"]
        assert content["example"]["type"] in response["description"]


def _answer(status: int, content_type: str, path: str = "/v1/needs", body: str = "") -> httpx.Response:
    headers = {"content-type": content_type}
    return httpx.Response(status, headers=headers, text=body, request=httpx.Request("GET", f"http://here{path}"))


def test_an_answer_that_is_not_described_is_found() -> None:
    problem = document(not_found("need", "need_1"), "/v1/needs/need_1").model_dump_json(exclude_unset=True)
    check_described(_answer(200, "application/json", body='{"items": [], "next": null}'))
    check_described(_answer(404, "application/problem+json", "/v1/nothing"))
    check_described(_answer(404, "application/problem+json", "/v1/needs/need_1", problem))
    with pytest.raises(AssertionError, match=r"with \['next'\]: 3"):
        check_described(_answer(200, "application/json", body='{"items": [], "next": 3}'))
    with pytest.raises(AssertionError, match="GET /v1/needs answered 404"):
        check_described(_answer(404, "application/problem+json"))
    with pytest.raises(AssertionError, match="as 'text/html'"):
        check_described(_answer(200, "text/html"))
