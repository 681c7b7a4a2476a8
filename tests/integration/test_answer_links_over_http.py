"""A volunteer answers by a link, without a key, on real servers; the token is kept nowhere."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from bson import encode
from gateway_stack import ELSEWHERE, WITHOUT_STATION, until
from linked_offer import HOUR, LinkedOffer, answer, misdirect_offer, offer_with_link
from monday_city import City, city_on_monday
from stacks import NO_TLS, Servers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
OWNERS = ("stations", "volunteering", "gateway")


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with city_on_monday(servers, tmp_path_factory.mktemp("city")) as running:
        yield running


@pytest.fixture
def phone(city: City) -> Iterator[httpx.Client]:
    """A browser without a key."""
    with httpx.Client(base_url=city.gateway.url, timeout=30, verify=NO_TLS, headers={"Accept-Language": "en"}) as made:
        yield made


def shown(api: httpx.Client, offer: LinkedOffer) -> tuple[str, int]:
    """The state of the dispatch in the lists, and its version."""
    read = api.get(f"/v1/dispatches/{offer.dispatch_id}").json()
    return read["state"], read["version"]


def test_a_volunteer_answers_comes_and_leaves_by_the_link_and_it_ends_with_the_service(
    city: City, phone: httpx.Client
) -> None:
    with city.gateway.client() as api:
        offer = offer_with_link(city, api)
        page = [phone.get(offer.path) for _ in range(3)][-1]
        assert ("Elm Lane station" in page.text, "Area 110102009017" in page.text) == (True, True)
        assert shown(api, offer) == ("offered", 1)
        assert "Wen Example" not in page.text
        first, again = (answer(phone, offer.path, "accept", page) for _ in range(2))
        assert (first.status_code, again.status_code) == (303, 303)
        assert "You are booked" in phone.get(first.url.join(first.headers["location"])).text
        until(lambda: shown(api, offer) == ("accepted", 2), "the same form twice is one answer")
        early = answer(phone, offer.path, "check_in")
        assert (early.status_code, "Check-in" in early.text or "check-in" in early.text) == (409, True), early.text
        city.story.forward(3 * HOUR)
        assert answer(phone, offer.path, "check_in").status_code == 303, "the refusal before was of another page"
        city.story.forward(HOUR)
        assert answer(phone, offer.path, "check_out").status_code == 303
        assert "1 hour" in phone.get(offer.path).text
        until(lambda: shown(api, offer)[0] == "checked_out", "the end of the service is in the lists")
        by = api.get("/v1/audit", params={"subject": offer.need_id, "limit": 50}).json()["items"]
        acts = [row["actor"] for row in by if row["what"] == "AnswerByLink"]
        assert (len(acts), {one.partition(":")[0] for one in acts}) == (3, {"link"})
        refute_token(city, offer.token)


def test_an_offer_that_is_declined_or_reaches_somebody_else_ends_its_links_alone(
    city: City, phone: httpx.Client
) -> None:
    with city.gateway.client() as api:
        one = offer_with_link(city, api, WITHOUT_STATION, "sign_language")
        other = offer_with_link(city, api, ELSEWHERE, "hairdressing")
        recorded = answer(phone, one.path, "decline")
        ended = phone.get(recorded.url.join(recorded.headers["location"]))
        assert (ended.status_code, "Your answer is recorded" in ended.text) == (410, True)
        assert answer(phone, one.path, "accept", phone.get(other.path)).status_code == 410
        until(lambda: shown(api, one)[0] == "declined", "the decline is in the lists")
        assert shown(api, other) == ("offered", 1)
        forged = [phone.get(f"/a/{other.token[:-1]}"), phone.get("/a/" + "A" * 43)]
        assert [page.status_code for page in forged] == [404, 404]
        sent_too = api.post(f"/v1/dispatches/{other.dispatch_id}/answer-link").json()["path"]
        assert phone.get(sent_too).status_code == 200
        misdirect_offer(api, other.path)
        assert [phone.get(path).status_code for path in (sent_too, other.path)] == [410, 410]
        assert forged[0].text == forged[1].text


def test_a_coordinator_of_another_area_issues_no_link(city: City) -> None:
    far, near = (city.gateway.key("volunteer_coordinator", area=area) for area in (ELSEWHERE[:6], WITHOUT_STATION))
    with (
        city.gateway.client() as api,
        city.gateway.client(far) as elsewhere,
        city.gateway.client(near) as here,
        city.gateway.client(city.gateway.key("reader")) as reader,
    ):
        path = f"/v1/dispatches/{offer_with_link(city, api, WITHOUT_STATION, 'driving').dispatch_id}/answer-link"
        assert [client.post(path).status_code for client in (elsewhere, reader, here)] == [404, 403, 200]
        named = {"Idempotency-Key": "paper"}
        first, again = (here.post(path, headers=named).json() for _ in range(2))
        assert (first["path"][:3], again) == ("/a/", {**first, "path": None}), "nothing keeps the token"


def refute_token(city: City, token: str) -> None:
    """The token stands in no log, no line of access and no document, in no form that anybody could read."""
    folder = city.gateway.folder

    def lines() -> bytes:
        return b"".join(path.read_bytes() for path in folder.glob("access/*"))

    # Lines are written some at a time, so that a visit is read a moment later.
    until(lambda: b"/a/{token}" in lines(), "the visits of the page are in the lines of access")
    for path in (*folder.glob("*.log"), *folder.glob("access/*")):
        assert token.encode() not in path.read_bytes(), path
    for owner in OWNERS:
        with city.gateway.database(owner) as database:
            kept: dict[str, Any] = {}
            for name in database.list_collection_names():
                kept[name] = b"".join(encode(row) for row in database[name].find({}).limit(2000))
            assert [name for name, bytes_ in kept.items() if token.encode() in bytes_] == []
