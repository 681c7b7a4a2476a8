"""The API is as its description says, answers without waiting for its lists, and is observed by path."""

import json
import signal
import time
from pathlib import Path

import httpx
import pytest
from gateway_stack import AREA, WITHOUT_STATION, RunningGateway, created, need, serve_need, station, until
from ports import free_port
from stacks import NO_TLS

from services.gateway.features.areas.answer import AreaAnswer, AreaName
from services.gateway.features.dispatch.answer import DispatchAnswer
from services.gateway.features.donations.answer import DonationAnswer
from services.gateway.features.donors.answer import DonorAnswer
from services.gateway.features.feed.answer import FeedPage
from services.gateway.features.funds.answer import FundAnswer
from services.gateway.features.keys.answer import KeyListed
from services.gateway.features.needs.answer import BatchAnswer, NeedAnswer, NeedListed
from services.gateway.features.people.answer import VolunteerAnswer
from services.gateway.features.stock.answer import StockAnswer
from services.gateway.features.timebank.answer import AccountAnswer, BalanceAnswer
from services.gateway.http.answers import Answer, Listed, ProblemDocument
from shared.contracts.stations.network import StationShape

pytestmark = pytest.mark.integration
DOCUMENTED: dict[str, type[Answer]] = {
    "/v1/stations": StationShape,
    "/v1/needs": NeedListed,
    "/v1/donors": DonorAnswer,
    "/v1/donations": DonationAnswer,
    "/v1/funds": FundAnswer,
    "/v1/stock": StockAnswer,
    "/v1/volunteers": VolunteerAnswer,
    "/v1/dispatches": DispatchAnswer,
    "/v1/timebank": BalanceAnswer,
    "/v1/keys": KeyListed,
}


def test_every_answer_is_as_documented(gateway: RunningGateway, api: httpx.Client) -> None:
    need_id, _ = serve_need(api)
    assert api.post(f"/v1/needs/{need_id}/confirm").status_code == 200
    fund_id = created(api, "/v1/funds", {"area": AREA, "name": "Community fund"})
    created(api, "/v1/donations", {"fund_id": fund_id, "amount_fen": 5000, "donor": "Li Example"})
    until(lambda: api.get("/v1/timebank").json()["items"], "the hours are credited")
    for path, model in DOCUMENTED.items():
        listed = api.get(path)
        assert listed.status_code == 200, listed.text
        assert Listed[model].model_validate_json(listed.text).items, path  # type: ignore[valid-type]
        name = "volunteer_id" if path == "/v1/timebank" else "id"
        if model in (StockAnswer, KeyListed):
            continue
        one = api.get(f"{path}/{listed.json()['items'][0][name]}").text if path != "/v1/needs" else ""
        if path == "/v1/timebank":
            AccountAnswer.model_validate_json(one)
        elif one:
            model.model_validate_json(one)
    NeedAnswer.model_validate_json(api.get(f"/v1/needs/{need_id}").text)
    FeedPage.model_validate_json(api.get("/v1/events").text)
    AreaAnswer.model_validate_json(api.get(f"/v1/areas/{AREA}").text)
    Listed[AreaName].model_validate_json(api.get("/v1/areas").text)
    ProblemDocument.model_validate_json(api.post("/v1/needs", json={}).text)
    with gateway.client(gateway.key("reader")) as reader:
        NeedAnswer.model_validate_json(reader.get(f"/v1/needs/{need_id}").text)


def test_the_description_is_openapi_and_names_every_path_of_the_api(api: httpx.Client) -> None:
    described = api.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    expected = {
        "/v1/areas", "/v1/areas:batch", "/v1/stations", "/v1/needs", "/v1/needs:batch", "/v1/donors", "/v1/donations",
        "/v1/funds", "/v1/stock", "/v1/volunteers", "/v1/dispatches", "/v1/timebank", "/v1/events", "/v1/keys",
        "/v1/needs/{need_id}/publish", "/v1/dispatches/{dispatch_id}/check-in",
    }  # fmt: skip
    assert expected <= described["paths"].keys()
    assert '"$ref": "#/components/schemas/NeedIn"' in json.dumps(described)
    references = set(json.dumps(described).split('"#/components/schemas/')[1:])
    assert {reference.partition('"')[0] for reference in references} <= described["components"]["schemas"].keys()


def test_numbers_are_kept_by_documented_path_and_never_by_id(api: httpx.Client) -> None:
    station_id = station(api)
    api.get(f"/v1/stations/{station_id}")
    metrics = api.get("/metrics").text
    assert 'path="/v1/stations/{station_id}"' in metrics
    assert station_id not in metrics


def test_health_needs_no_key(api: httpx.Client) -> None:
    assert httpx.get(f"{api.base_url}/healthz", timeout=10, verify=NO_TLS).json()["status"] == "alive"
    assert httpx.get(f"{api.base_url}/readyz", timeout=10, verify=NO_TLS).json()["status"] == "ready"


def test_an_answer_does_not_wait_long_for_the_projections(
    gateway: RunningGateway, api: httpx.Client, tmp_path: Path
) -> None:
    station_id = station(api)
    usual = RunningGateway(gateway.room, tmp_path, f"http://127.0.0.1:{free_port()}", key_file=gateway.key_file)
    usual.start("gateway", settle_milliseconds="500")
    usual.wait_ready()
    gateway.processes["gateway.projector"].send_signal(signal.SIGSTOP)
    try:
        with usual.client() as api_as_usual:
            answer = _answers_without_lists(api_as_usual, station_id)
    finally:
        gateway.processes["gateway.projector"].send_signal(signal.SIGCONT)
        usual.stop("gateway")
    until(lambda: api.get(f"/v1/stations/{answer}").status_code == 200, "it is in the lists", 120)


def _answers_without_lists(api: httpx.Client, station_id: str) -> str:
    """Ask for a station and needs while no list moves; return the station."""
    began = time.monotonic()
    answer = api.post("/v1/stations", json={"area": WITHOUT_STATION, "name": "Late in the lists", "level": "station"})
    assert answer.status_code == 201
    assert time.monotonic() - began < 5
    opened = str(answer.json()["id"])
    assert api.get(f"/v1/stations/{opened}").status_code == 404
    late = api.post("/v1/needs", json=need(station_id))
    assert NeedAnswer.model_validate_json(late.text).state == "published"
    assert late.json()["title"] == need("")["title"]
    batch = api.post("/v1/needs:batch", json={"needs": [need(station_id)]})
    assert BatchAnswer.model_validate_json(batch.text).items[0].status == 201
    return opened
