"""A request meets the routes whose paths begin as its own does, in their order."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from services.gateway.http.route_index import RouteIndex

needs, others = APIRouter(), APIRouter()


def _add(router: APIRouter, method: str, path: str) -> None:
    async def answer() -> str:
        return f"{method} {path}"

    router.add_api_route(path, answer, methods=[method])


for _method, _path in (("GET", "/v1/needs"), ("GET", "/v1/needs/texts"), ("GET", "/v1/needs/{id}"), ("GET", "/{page}")):
    _add(needs, _method, _path)
for _method, _path in (
    ("POST", "/v1/needs"),
    ("POST", "/v1/needs/{id}/publish"),
    ("GET", "/"),
    ("GET", "/live"),
    ("GET", "/v1/{noun}/of-all"),
    ("DELETE", "/v1/needs/{id}"),
    ("POST", "/v1/needs/look-up"),
):
    _add(others, _method, _path)


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.append(RouteIndex([needs, others]))
    return TestClient(app)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/v1/needs", "GET /v1/needs"),
        ("POST", "/v1/needs", "POST /v1/needs"),
        ("GET", "/v1/needs/texts", "GET /v1/needs/texts"),
        ("GET", "/v1/needs/n1", "GET /v1/needs/{id}"),
        ("DELETE", "/v1/needs/n1", "DELETE /v1/needs/{id}"),
        ("POST", "/v1/needs/n1/publish", "POST /v1/needs/{id}/publish"),
        ("GET", "/v1/needs/of-all", "GET /v1/needs/{id}"),
        ("GET", "/v1/funds/of-all", "GET /v1/{noun}/of-all"),
        ("GET", "/", "GET /"),
        ("GET", "/live", "GET /{page}"),
        ("GET", "/v1/needs/", "GET /v1/needs"),
    ],
)
def test_the_first_route_that_takes_path_and_method_answers(
    client: TestClient, method: str, path: str, answer: str
) -> None:
    assert client.request(method, path).json() == answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/v1/needs", 405),
        ("GET", "/v1/needs/n1/publish", 405),
        ("GET", "/v1/funds/n1", 404),
        ("GET", "/v1/needs/n1/publish/now", 404),
    ],
)
def test_another_method_is_405_and_another_path_404(client: TestClient, method: str, path: str, status: int) -> None:
    assert client.request(method, path).status_code == status


def test_a_path_of_its_own_is_no_id_where_the_method_fits_neither(client: TestClient) -> None:
    answer = client.request("OPTIONS", "/v1/needs/look-up")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
