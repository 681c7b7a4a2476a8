"""A person with a token of the city's provider of identities works at a real gateway in their own name."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import identity_provider
import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, import_areas, running_gateway
from stacks import Servers

from services.gateway.access.tokens import name_principal

pytestmark = pytest.mark.integration
NAMES = ("stations", "gateway.projector", "gateway")


class KeySet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = identity_provider.key_set()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def keys_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), KeySet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/keys"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory, keys_url: str) -> Iterator[RunningGateway]:
    settings = {
        "oidc_issuer": identity_provider.ISSUER,
        "oidc_audience": identity_provider.AUDIENCE,
        "oidc_keys_url": keys_url,
        "oidc_roles_claim": "realm_access.roles",
        "oidc_roles": identity_provider.MAPPED,
    }
    with running_gateway(servers, tmp_path_factory.mktemp("tokens"), NAMES, **settings) as running:
        with running.client() as admin:
            import_areas(admin)
        yield running


def token(algorithm: str = "ES256", *, seconds: float = 3600, **changed: Any) -> str:
    """A token of the head of a street, that ends after so many seconds."""
    now = datetime.now(UTC)
    lasting = {"iat": now.timestamp(), "exp": (now + timedelta(seconds=seconds)).timestamp()}
    return identity_provider.signed(algorithm, **({"realm_access": {"roles": ["head"]}} | lasting | changed))


def test_a_person_writes_within_their_area_and_the_audit_shows_their_principal(city: RunningGateway) -> None:
    body = {"area": AREA, "name": "Elm Lane station", "level": "station"}
    once = {"Idempotency-Key": "station-of-the-head"}
    with city.client(token()) as first, city.client(token("RS256", seconds=1800)) as later:
        opened = first.post("/v1/stations", json=body, headers=once)
        assert opened.status_code == 201, opened.text
        again = later.post("/v1/stations", json=body, headers=once)
        assert (again.status_code, again.json()["id"]) == (opened.status_code, opened.json()["id"]), "one principal"
        elsewhere = first.post("/v1/stations", json=body | {"area": ELSEWHERE})
        assert (elsewhere.status_code, elsewhere.json()["rule"]) == (403, "area_elsewhere")
        needs_key = first.post("/v1/keys", json={"name": "mine", "roles": ["reader"]})
        assert (needs_key.status_code, needs_key.json()["rule"]) == (403, "permission_missing")
    principal = name_principal(identity_provider.ISSUER, "person-of-tests")
    with city.database("stations") as database:
        (row,) = database["audit"].find({"about": opened.json()["id"]})
    assert (row["by"], row["kind"]) == ([principal], "person")


def test_a_token_that_does_not_count_is_refused_with_its_reason_and_shown_nowhere(city: RunningGateway) -> None:
    altered = token()[:-6] + "AAAAAA"
    sent = {altered: "token_forged", token(seconds=-1): "token_has_ended", token(aud="other"): "token_for_others"}
    for text, rule in sent.items():
        with city.client(text) as nobody:
            answer = nobody.get("/v1/needs")
        assert (answer.status_code, answer.json()["rule"]) == (401, rule)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert text not in answer.text + city.log("gateway")
        assert text.split(".")[1] not in answer.text + city.log("gateway")
    with city.client(token(realm_access={"roles": ["cook"]})) as cook:
        answer = cook.get("/v1/needs")
    assert (answer.status_code, answer.json()["rule"]) == (403, "token_without_roles")


def test_a_webhook_takes_a_key_because_it_outlives_a_token(city: RunningGateway) -> None:
    body = {"name": "mine", "url": "https://hooks.example/"}
    with city.client(token(area="*", realm_access={"roles": ["it"]})) as person:
        answer = person.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["rule"]) == (403, "webhook_needs_key")


def test_an_event_stream_ends_with_its_token(city: RunningGateway) -> None:
    with city.client(token(seconds=2, area=STREET)) as person, person.stream("GET", "/v1/events/stream") as stream:
        assert stream.status_code == 200
        begun = time.monotonic()
        for _ in stream.iter_bytes():
            pass
    assert time.monotonic() - begun < 7
