"""The pages are read in networks that are closed: they need no other host, and show each path, problem and rule."""

import asyncio
import json
import re
from html import unescape
from typing import Final

import described_api
import httpx
import pytest
from contract_samples import sample
from fastapi import FastAPI

from services.gateway.http.problems import CODES, document, not_found
from services.gateway.pages.document import write
from services.gateway.pages.problems import list_rules
from services.gateway.pages.reference import describe_page
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

load_contracts()
PAGES: Final = ("/", "/docs", "/problems", "/problems/invalid", "/rules/due_passed", "/schemas")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return described_api.app()


def _get(app: FastAPI, *paths: str) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return [await client.get(path) for path in paths]

    return asyncio.run(ask())


def test_no_page_refers_to_another_host_or_runs_anything(app: FastAPI) -> None:
    for answer in _get(app, *PAGES):
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        references = re.findall(r"""(?:href|src|action|data)\s*=\s*["']?([^"'\s>]+)""", answer.text)
        assert references
        assert not [each for each in references if not re.fullmatch(r"#\S+|/(?!/)\S*", each)]
        active = r"<(?:script|link|img|iframe|object|form|base)|@import|url\(|\son\w+\s*=\s*['\"]"
        assert not re.findall(active, answer.text)


def test_no_other_page_of_the_gateway_brings_in_scripts(app: FastAPI) -> None:
    assert {answer.status_code for answer in _get(app, "/redoc", "/docs/oauth2-redirect")} == {404}


def test_every_link_of_a_page_leads_somewhere(app: FastAPI) -> None:
    texts = {path: answer.text for path, answer in zip(PAGES, _get(app, *PAGES), strict=True)}
    links = {link for text in texts.values() for link in re.findall(r'href="?(/[^">]*)', text)}
    pages = sorted({link.partition("#")[0] for link in links if not link.startswith(("/schemas/", "/rules/"))})
    assert {path: answer.status_code for path, answer in zip(pages, _get(app, *pages), strict=True)} == dict.fromkeys(
        pages, 200
    )
    for path, text in texts.items():
        wanted = set(re.findall(r'href="?#([^">]+)', text))
        wanted |= {link.partition("#")[2] for link in links if link.startswith(f"{path}#")}
        assert wanted <= set(re.findall(r"""id=["']([^"']+)""", text)), path


def test_every_path_and_every_schema_is_shown(app: FastAPI) -> None:
    (answer,), described = _get(app, "/docs"), app.openapi()
    shown = set(re.findall(r"""<details id=["']([^"']+)""", answer.text))
    assert shown >= set(described["components"]["schemas"])
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in answer.text
            assert operation["operationId"] in shown


def test_each_group_stands_once_with_all_its_operations_and_no_name_comes_twice(app: FastAPI) -> None:
    (answer,) = _get(app, "/docs")
    names = re.findall(r"""\sid=["']([^"']+)""", answer.text)
    assert sorted(names) == sorted(set(names))
    needs = answer.text.partition("<h2 id='tag-needs'>")[2].partition("<h2")[0]
    for path in ("", "/{need_id}", "/{need_id}/edit", "/{need_id}/amend"):
        assert f" /v1/needs{path}</code>" in needs


def test_a_body_is_shown_with_types_values_bounds_sentences_and_an_example(app: FastAPI) -> None:
    shown = _get(app, "/docs")[0].text.partition("POST /v1/needs<")[2].partition("</details>")[0]
    text = unescape(re.sub(r"<[^>]+>", "", shown))
    for words in (
        "low | normal | medium | high | urgent | critical",
        "list of GoodsAsked or MoneyAsked or ServiceAsked (at most 20)",
        "integer (from 1, to 5, if left out: 3)", "string date-time", "The title. Personal data.",
        '"station_id": "station_00k3v9x2a4b5c6d7e8f9"', "Problems: 400 401 403",
    ):  # fmt: skip
        assert words in text


def test_a_problem_leads_to_the_page_of_its_type_and_of_its_rule(app: FastAPI) -> None:
    problem = document(not_found("need", "need_1"), "/v1/needs/need_1")
    by_type, by_rule = _get(app, problem.type, f"/rules/{problem.rule}")
    assert "There is no such thing in the area of the key" in by_type.text
    assert "check the id." in by_rule.text
    assert "请核对编号。" in by_rule.text
    assert {answer.status_code for answer in _get(app, *(f"/problems/{code}" for code in CODES))} == {200}
    assert {answer.status_code for answer in _get(app, *(f"/rules/{rule}" for rule in list_rules()))} == {200}
    assert {answer.status_code for answer in _get(app, "/problems/nothing", "/rules/nothing", "/schemas/no.json")} == {
        404
    }


def test_the_schema_of_each_event_is_served_under_its_dataschema(app: FastAPI) -> None:
    schemas = [sample(kind).dataschema.removeprefix("lianshan:") for kind in sorted(EVENTS)]
    for path, answer in zip(schemas, _get(app, *schemas), strict=True):
        assert answer.headers["content-type"] == "application/schema+json"
        assert json.loads(answer.text)["$id"] == path


def test_a_path_out_of_the_folder_of_schemas_is_no_schema(app: FastAPI) -> None:
    for path in ("/schemas/..%2Fmessages.py", "/schemas/%2Fetc%2Fpasswd", "/schemas/../export.py"):
        assert _get(app, path)[0].status_code == 404


def test_words_of_a_description_are_words_and_not_html() -> None:
    nasty = {"info": {"title": "<b>", "version": "1", "description": "<script>x</script>"}, "paths": {}}
    text = write("<b>", describe_page(nasty))
    assert "<script" not in text
    assert "<b>" not in text
