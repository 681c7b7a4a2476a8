"""A platform plays the main story with our Python client, with asyncio and without, and follows it in the feed."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any, Protocol, TypeVar

import httpx
import pytest
from gateway_stack import AREA, EVERYONE, WITHOUT_STATION, RunningGateway, import_areas, running_gateway, until
from lianshan_client import (
    AsyncClient,
    Call,
    Client,
    ConflictError,
    FeedEntry,
    InvalidError,
    Listing,
    NotFoundError,
    VersionError,
)
from lianshan_client.answers.events import FeedPage
from lianshan_client.api import dispatches, donations, events, needs, stations, timebank, volunteers
from lianshan_client.bodies.donations import GivenGoods
from lianshan_client.bodies.needs import NeedIn
from stacks import Servers

from deploy.lianshan.clock.story import play
from deploy.lianshan.stores import open_stores

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
_PHONES = count(13_800_000_001)
T = TypeVar("T")
Answer = TypeVar("Answer")
Page = TypeVar("Page")
Item = TypeVar("Item")


class Player(Protocol):
    """Either client, as the story uses it."""

    def send(self, call: Call[Answer]) -> Answer: ...
    def collect(self, listing: Listing[Page, Item]) -> list[Item]: ...
    def follow(self, after: str | int, number: int) -> list[FeedEntry]: ...


class Plain:
    def __init__(self, url: str, key: str) -> None:
        self.client = Client(url, key)

    def send(self, call: Call[Answer]) -> Answer:
        return self.client.send(call)

    def collect(self, listing: Listing[Page, Item]) -> list[Item]:
        return list(self.client.iterate(listing))

    def follow(self, after: str | int, number: int) -> list[FeedEntry]:
        return list(islice(self.client.follow(after), number))

    def close(self) -> None:
        self.client.close()


class Asynchronous:
    def __init__(self, url: str, key: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = AsyncClient(url, key)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(work, 30))

    def send(self, call: Call[Answer]) -> Answer:
        return self.run(self.client.send(call))

    def collect(self, listing: Listing[Page, Item]) -> list[Item]:
        async def read() -> list[Item]:
            return [item async for item in self.client.iterate(listing)]

        return self.run(read())

    def follow(self, after: str | int, number: int) -> list[FeedEntry]:
        async def read() -> list[FeedEntry]:
            found = []
            async for entry in self.client.follow(after):
                found.append(entry)
                if len(found) == number:
                    break
            return found

        return self.run(read())

    def close(self) -> None:
        self.run(self.client.close())
        self.loop.close()


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    starting = running_gateway(servers, tmp_path_factory.mktemp("city"), EVERYONE, movable_clock="true")
    with starting as running, running.client() as admin:
        import_areas(admin)
        yield running


@pytest.fixture(scope="module")
def monday(city: RunningGateway) -> datetime:
    """Monday, 09:00 in the city, when volunteers get offers."""
    with open_stores(city.room.mongo_uri, city.room.database_prefix) as stores, play(stores, "client") as story:
        return story.to_next_monday().city()


@pytest.mark.parametrize(("kind", "area"), [(Plain, AREA), (Asynchronous, WITHOUT_STATION)])
def test_a_platform_plays_the_main_story(
    city: RunningGateway, monday: datetime, kind: Callable[[str, str], Any], area: str
) -> None:
    player = kind(city.url, city.key("platform", "personal_reader"))
    try:
        story(player, area, monday)
    finally:
        player.close()


def test_each_answer_shows_the_rate_of_its_key(city: RunningGateway) -> None:
    with city.client(city.key("platform")) as client:
        first, second = client.get("/v1/needs"), client.get("/v1/needs/need_nowhere")
    assert (first.status_code, second.status_code) == (200, 404)
    policy, left = first.headers["ratelimit-policy"], first.headers["ratelimit"]
    assert (policy, second.headers["ratelimit-policy"]) == (policy, policy)
    quota = int(policy.partition("q=")[2].partition(";")[0])
    assert left == f'"default";r={quota - 1};t=1'
    assert "ratelimit" not in ask_without_key(city).headers


def ask_without_key(city: RunningGateway) -> httpx.Response:
    return httpx.get(f"{city.url}/v1/needs", headers={"Authorization": "Bearer nobody"})


def story(player: Player, area: str, now: datetime) -> None:
    """From a draft to the credited minute, with a refusal of each kind that a platform meets on its way."""
    start = player.send(events.list_events(after="0", limit=1))["cursor"]
    station = player.send(stations.open_station({"area": area, "name": "Elm Lane station", "level": "station"}))["id"]
    meals: GivenGoods = {"item": "hot_meal", "quantity": 5, "unit": "piece"}
    known(player, donations.record_donation({"station_id": station, "donor": "Lin Example", "goods": [meals]}))
    helper = player.send(volunteers.register_volunteer(person(area)))["id"]
    with pytest.raises(InvalidError) as late:
        player.send(needs.register_need(need(station, now - timedelta(days=2))))
    assert (late.value.rule, late.value.field) == ("due_passed", "due")
    draft = known(player, needs.register_need(need(station, now)))
    publishing = needs.publish_need(draft["id"], expected=draft["version"])
    published = player.send(publishing)
    assert player.send(publishing)["version"] == published["version"], "the same call takes effect once"
    with pytest.raises(VersionError):
        player.send(needs.cancel_need(draft["id"], {"reason": "moved"}, expected=draft["version"]))
    with pytest.raises(ConflictError) as again:
        player.send(needs.publish_need(draft["id"]))
    assert again.value.type == "/problems/wrong_state"
    serve(player, draft["id"], helper)
    assert draft["id"] in [each["id"] for each in player.collect(needs.list_needs(area=area, limit=1))]
    followed(player, start, draft["id"])


def serve(player: Player, need_id: str, helper: str) -> None:
    offers = dispatches.list_dispatches(need_id=need_id, state=["offered"])
    offer = until(lambda: [each for each in player.collect(offers) if each["volunteer_id"] == helper], "an offer")[0][
        "id"
    ]
    for action in (dispatches.accept_offer, dispatches.check_in, dispatches.check_out):
        known(player, action(offer))
    until(lambda: player.send(needs.read_need(need_id))["state"] == "served", "the need is served")
    player.send(needs.confirm_need(need_id, {"note": "All came."}))
    assert player.send(needs.evaluate_need(need_id, {"rating": 5}))["state"] == "evaluated"
    account = until(lambda: minutes(player, helper), "the minute is credited")
    assert account == [1]


def minutes(player: Player, helper: str) -> list[int]:
    """The minutes credited; also where there is no account yet."""
    items = player.collect(timebank.list_balances(volunteer_id=helper))
    return [each["balance_minutes"] for each in items if each["balance_minutes"]]


def followed(player: Player, start: str | int, need_id: str) -> None:
    """The feed, by its stream, has the need's events in order."""

    def whole() -> FeedPage | None:
        page = player.send(events.list_events(after=start, limit=1000))
        return page if list_types(page, need_id)[-1:] == ["stations.need.evaluated"] else None

    page: FeedPage = until(whole, "the end of the need is in the feed")
    ours = [entry["event"]["type"] for entry in player.follow(start, len(page["items"]))]
    assert ours == [entry["event"]["type"] for entry in page["items"]]
    assert list_types(page, need_id)[:2] == ["stations.need.registered", "stations.need.published"]


def list_types(page: FeedPage, need_id: str) -> list[str]:
    return [entry["event"]["type"] for entry in page["items"] if entry["event"]["subject"] == need_id]


def known(player: Player, call: Call[Answer]) -> Answer:
    """The answer, once the service has heard of all that the call names: sent again, it is the same call."""

    def heard() -> Answer | None:
        try:
            return player.send(call)
        except NotFoundError:
            return None

    answer: Answer = until(heard, f"{call.path} knows all that is named")
    return answer


def person(area: str) -> Any:
    place = {"lon": 116.351, "lat": 39.931}
    return {
        "name": "Wen Example", "phone": f"+86{next(_PHONES)}", "area": area, "birth_year": 1960, "skills": ["cooking"],
        "location": place,
    }  # fmt: skip


def need(station: str, now: datetime) -> NeedIn:
    return {
        "station_id": station,
        "title": "Meals for the Example family",
        "theme": "elderly_care",
        "urgency": "high",
        "due": (now + timedelta(days=1)).isoformat(),
        "location": {"lon": 116.351, "lat": 39.931},
        "beneficiaries": 5,
        "lines": [{"kind": "goods", "item": "hot_meal", "quantity": 5, "unit": "piece"}],
        "volunteers": {
            "headcount": 1,
            "skills": ["cooking"],
            "languages": [],
            "starts_at": now.isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat(),
        },
    }
