"""The gateway's numbers: on the port for probes for the platform's own network, on the public one for a key alone."""

from collections.abc import Iterator

import httpx
import pytest
from gateway_stack import RunningGateway, running_gateway
from ports import free_port
from stacks import NO_TLS, Servers

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def probed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGateway, str]]:
    port = free_port()
    folder = tmp_path_factory.mktemp("probes")
    with running_gateway(servers, folder, ["gateway"], health_port=str(port)) as gateway:
        yield gateway, f"http://127.0.0.1:{port}"


def test_prometheus_and_the_kubelet_need_no_key_on_the_port_for_probes_and_find_nothing_else_there(
    probed: tuple[RunningGateway, str],
) -> None:
    _, inside = probed
    assert httpx.get(f"{inside}/healthz").json()["status"] == "alive"
    assert httpx.get(f"{inside}/readyz").json()["status"] == "ready"
    numbers = httpx.get(f"{inside}/metrics")
    assert 'lianshan_ready{check="store",service="gateway-api"} 1.0' in numbers.text
    for path in ("/v1/needs", "/v1/keys", "/docs", "/openapi.json", "/"):
        assert httpx.get(f"{inside}{path}").status_code == 404


def test_on_the_port_of_the_api_metrics_are_for_an_operator_alone(probed: tuple[RunningGateway, str]) -> None:
    gateway, _ = probed
    assert httpx.get(f"{gateway.url}/metrics", verify=NO_TLS).status_code == 401
    with gateway.client(gateway.key("reader")) as reader, gateway.client(gateway.key("operator")) as operator:
        assert reader.get("/metrics").status_code == 403
        assert "lianshan_http_requests_total" in operator.get("/metrics").text
        assert operator.get("/v1/stations").status_code == 403


def test_the_gateway_stops_with_both_ports_open(probed: tuple[RunningGateway, str]) -> None:
    gateway, inside = probed
    with httpx.Client() as kept:
        kept.get(f"{inside}/healthz")
        assert gateway.stop("gateway") == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{inside}/healthz")
