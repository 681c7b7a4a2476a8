"""The page at /docs is read in networks that are closed: it needs no other host, and tells no other host anything."""

import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI

from services.gateway.app import create_app
from services.gateway.http.reference import page
from services.gateway.settings import GatewaySettings


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(GatewaySettings(amqp_uri="amqp://nobody@127.0.0.1/", mongo_uri="mongodb://127.0.0.1/"))


def _get(app: FastAPI, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_the_page_refers_to_no_other_host_and_runs_nothing(app: FastAPI) -> None:
    answer = _get(app, "/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    references = re.findall(r"""(?:href|src|action|data)\s*=\s*["']?([^"'\s>]+)""", answer.text)
    assert references
    assert {reference for reference in references if not reference.startswith("#")} == {"/openapi.json"}
    assert not re.findall(r"<(?:script|link|img|iframe|object|form|base)|@import|url\(|on\w+\s*=\s*['\"]", answer.text)


def test_no_other_page_of_the_gateway_brings_in_scripts(app: FastAPI) -> None:
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert _get(app, path).status_code == 404


def test_every_path_and_every_schema_is_shown_and_every_link_leads_to_one(app: FastAPI) -> None:
    text, described = _get(app, "/docs").text, app.openapi()
    for path, methods in described["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in text
    shown = set(re.findall(r'<details id="([^"]+)"', text))
    assert shown == set(described["components"]["schemas"])
    assert set(re.findall(r'href="#([^"]+)"', text)) <= shown


def test_words_of_a_description_are_words_and_not_html() -> None:
    nasty = {"info": {"title": "<b>", "version": "1", "description": "<script>x</script>"}, "paths": {}}
    assert "<script" not in page(nasty)
    assert "<b>" not in page(nasty)
