"""The parameters by which a request is refused are those that its reader finds in the description."""

from described_api import describe
from fastapi.routing import APIRoute

from services.gateway.app import _ROUTERS
from services.gateway.http.query_names import list_parameters
from tests.each import for_each

ROUTES = [route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute)]


@for_each("route", ROUTES, ids=lambda route: f"{route.methods} {route.path}")
def test_a_path_takes_the_query_that_is_described_and_no_other(route: APIRoute) -> None:
    (method,) = route.methods or ()
    parameters = describe()["paths"][route.path_format][method.lower()].get("parameters", ())
    queries = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
    assert dict(list_parameters(route)) == {name: schema.get("type") == "array" for name, schema in queries.items()}
