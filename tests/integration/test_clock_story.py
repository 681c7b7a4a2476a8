"""Three weeks of a city in seconds, on real servers: only city time moves, and each process has it."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway_stack import (
    AREA,
    AREAS,
    EVERYONE,
    RunningGateway,
    created,
    need,
    running_gateway,
    station,
    until,
    volunteer,
)
from lianshan_command import Done
from lianshan_command import lianshan as run_lianshan
from service_processes import run_service
from stacks import Servers
from waiting import eventually

from deploy.lianshan.backup.snapshot import open_snapshot
from deploy.lianshan.clock.calendar import CITY_ZONE
from deploy.lianshan.clock.movement import find_readers, read_city_clock
from deploy.lianshan.clock.story import Story, StoryPlayedError, play
from deploy.lianshan.local.start_checks import check_stores
from deploy.lianshan.local.supervisor import StartFailedError
from deploy.lianshan.stores import Stores, open_stores
from shared.runtime.control import CLOCK

pytestmark = pytest.mark.integration
EVERY_READER = {"stations", "charity", "volunteering", "gateway", "gateway API"}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """Everyone, with a movable clock."""
    starting = running_gateway(servers, tmp_path_factory.mktemp("city"), EVERYONE, movable_clock="true")
    with starting as running, running.client() as admin:
        rows = [{"code": code, "name": f"Area {code}"} for code in AREAS]
        assert admin.post("/v1/areas:batch", json={"rows": rows}).status_code == 200
        yield running


@pytest.fixture
def stores(city: RunningGateway) -> Iterator[Stores]:
    with open_stores(city.room.mongo_uri, city.room.database_prefix) as opened:
        yield opened


def lianshan(city: RunningGateway, folder: Path, *arguments: str) -> Done:
    return run_lianshan({**city.room.environment, "LIANSHAN_VAR": str(folder)}, *arguments, columns=80)


def state_is(api: httpx.Client, path: str, *states: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        read: dict[str, Any] = api.get(path).json()
        return read if read["state"] in states else None

    found: dict[str, Any] = until(look, f"{path} is {' or '.join(states)}")
    return found


def dispatch_of(api: httpx.Client, need_id: str, state: str) -> str:
    def look() -> str | None:
        found = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
        return next((str(part["id"]) for part in found if part["state"] == state), None)

    return str(until(look, f"a dispatch of {need_id} is {state}"))


def asks_for(skill: str, starts_at: datetime, span: timedelta) -> dict[str, Any]:
    slot = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + span).isoformat()}
    return {"headcount": 1, "skills": [skill], "languages": [], **slot}


def test_a_story_of_three_weeks_is_played_in_seconds(city: RunningGateway, stores: Stores) -> None:
    began = time.monotonic()
    with play(stores, "three weeks") as story, city.client() as api:
        monday = story.to_next_monday().city()
        assert (monday.astimezone(CITY_ZONE).isoweekday(), monday.astimezone(CITY_ZONE).hour) == (1, 9)
        place = station(api)
        nobody_has = [{"kind": "goods", "item": "wheelchair", "quantity": 1, "unit": "piece"}]
        unmet = created(api, "/v1/needs", need(place, due=(monday + 20 * DAY).isoformat(), lines=nobody_has))
        visit = _play_offers_that_expire(story, api, place, monday)
        helper = _play_a_service_of_two_hours(story, api, place)
        assert state_is(api, f"/v1/needs/{unmet}", "published")
        story.forward(21 * DAY)
        ended = state_is(api, f"/v1/needs/{unmet}", "unmet")
        at = datetime.fromisoformat(ended["timeline"][-1]["at"])
        assert at >= monday + 20 * DAY
        assert state_is(api, f"/v1/needs/{visit}", "unmet")

        def credited() -> int:
            (item,) = api.get(f"/v1/timebank/{helper}").json()["statement"]["items"]
            return int(item["minutes"])

        assert 120 <= eventually(credited) <= 122
    # The machines' time went on as ever: for TTL indexes it is still today.
    row = stores.collection("stations", "inbox").find_one({}, sort=[("_id", -1)])
    assert row is not None
    assert abs(row["at"] - datetime.now(UTC)) < HOUR
    assert time.monotonic() - began < 60


def _play_offers_that_expire(story: Story, api: httpx.Client, place: str, monday: datetime) -> str:
    """Offer a visit to somebody who does not answer; return the need."""
    created(api, "/v1/volunteers", volunteer(skills=["companionship"]))
    wanted = asks_for("companionship", monday + 3 * DAY, HOUR)
    visit = created(api, "/v1/needs", need(place, due=(monday + 4 * DAY).isoformat(), lines=[], volunteers=wanted))
    offer = dispatch_of(api, visit, "offered")
    story.forward(8 * HOUR)
    state_is(api, f"/v1/dispatches/{offer}", "expired")
    assert api.post(f"/v1/dispatches/{offer}/accept").status_code in {404, 409}
    return visit


def _play_a_service_of_two_hours(story: Story, api: httpx.Client, place: str) -> str:
    """Serve a need from its first minute to its last, and confirm it; return the volunteer."""
    helper = created(api, "/v1/volunteers", volunteer(skills=["reading_aloud"], standing_acceptance=True))
    now = story.now
    wanted = asks_for("reading_aloud", now + HOUR, 2 * HOUR)
    body = need(place, due=(now + 2 * DAY).isoformat(), lines=[], volunteers=wanted)
    reading = created(api, "/v1/needs", body)
    part = dispatch_of(api, reading, "accepted")
    story.forward(HOUR)
    assert api.post(f"/v1/dispatches/{part}/check-in").status_code == 200
    story.forward(2 * HOUR)
    assert api.post(f"/v1/dispatches/{part}/check-out").status_code == 200
    state_is(api, f"/v1/needs/{reading}", "served")
    assert api.post(f"/v1/needs/{reading}/confirm", json={"note": "seen"}).status_code == 200
    until(lambda: api.get(f"/v1/timebank/{helper}").json().get("balance_minutes"), "the credit of hours")
    return helper


def test_an_id_is_known_by_itself_again_once_the_one_that_stands_for_it_was_erased(
    city: RunningGateway, stores: Stores
) -> None:
    with play(stores, "an erasure") as story, city.client() as api:
        phone = "+8613799990041"
        old, new = (
            created(api, "/v1/donors", {"name": name, "area": AREA, "phone": number})
            for name, number in (("Elm Invented", phone), ("Oak Invented", "+8613799990042"))
        )
        assert api.post(f"/v1/donors/{old}/merge", json={"into_id": new}).status_code == 200
        until(lambda: api.get(f"/v1/donors/{old}").json()["id"] == new, "the old id stands for the new one")
        people = [{"kind": "donor", "id": new}]
        body = {"people": people, "ground": "consent_withdrawn", "area": AREA}
        erasure = created(api, "/v1/erasures", body)
        parts, searched = stores.collection("charity", "erasure_parts"), {"subject": new, "second": True}
        until(lambda: parts.find_one(searched), "failed commands are to be searched again, ten seconds later")
        story.forward(timedelta(seconds=11))
        state_is(api, f"/v1/erasures/{erasure}", "done")
        until(lambda: api.get(f"/v1/donors/{old}").json()["id"] == old, "the old id stands for itself")

        def by_itself() -> httpx.Response:
            answer = api.get(f"/v1/donors/{old}")
            assert (answer.json()["name"], answer.json()["merged_ids"]) == ("Elm Invented", [])
            return answer

        donor = eventually(by_itself)
        found = api.post("/v1/people/look-up", json={"phone": phone, "why": "merged into an erased one"}).json()
        assert [item["id"] for item in found["items"]] == [old]
        parted = api.post(
            f"/v1/donors/{old}/unmerge", json={"reason_code": "merged_by_mistake"},
            headers={"If-Match": donor.headers["ETag"]},
        )  # fmt: skip
        assert (parted.status_code, parted.json()["state"]) == (200, "unmerged"), parted.text


def test_every_process_has_the_offset_when_the_command_returns(
    city: RunningGateway, stores: Stores, tmp_path: Path
) -> None:
    until(lambda: {reader.process for reader in find_readers(stores)} == EVERY_READER, "every process has shown itself")
    before = read_city_clock(stores)
    done = lianshan(city, tmp_path, "clock", "forward", "3d", "--json")
    # It waits a limited time, and ends with 1 where a process has not confirmed by then.
    assert (done.returncode, done.stderr) == (0, "")
    readers = find_readers(stores)
    assert {reader.process for reader in readers} == EVERY_READER
    assert {reader.offset - before.offset for reader in readers} == {3 * DAY}
    shown = lianshan(city, tmp_path, "clock", "show").stdout
    assert "ahead of the store's" in shown
    assert "5 processes have a movable clock" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("forward", "tomorrow"), "like 3d, 2h or 1d12h"),
        (("to", "2020-01-01T09:00"), "city time only goes forward"),
        (("forward", "99999d"), "3660 days at once at most"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    city: RunningGateway, stores: Stores, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = read_city_clock(stores).offset
    done = lianshan(city, tmp_path, "clock", *arguments)
    assert done.returncode == 1
    assert words in " ".join(done.stderr.split())
    assert read_city_clock(stores).offset == before


def test_a_second_story_is_refused_by_the_name_of_the_first(
    city: RunningGateway, stores: Stores, tmp_path: Path
) -> None:
    before = read_city_clock(stores).offset
    with play(stores, "three weeks"):
        with pytest.raises(StoryPlayedError, match="“three weeks” is played on this stack"), play(stores, "a funeral"):
            pass
        refused = lianshan(city, tmp_path, "clock", "forward", "1d")
        assert refused.returncode == 1
        assert "“three weeks” is played" in " ".join(refused.stderr.split())
    assert read_city_clock(stores).offset == before
    with play(stores, "a funeral"):
        pass


def test_a_story_whose_process_was_killed_does_not_hold_the_next_one(stores: Stores) -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    until = datetime.now(UTC) + HOUR
    stores.collection("gateway", CLOCK).insert_one({"_id": "story", "name": "lost", "pid": gone.pid, "until": until})
    with play(stores, "the next"):
        pass


def test_production_refuses_a_store_whose_clock_was_moved(city: RunningGateway, stores: Stores, tmp_path: Path) -> None:
    with play(stores, "a move") as story:
        story.forward(HOUR)
    for process in ("stations", "gateway"):
        own = {"LIANSHAN_HTTP_PORT": "0", "LIANSHAN_ADMIN_KEY_FILE": str(tmp_path / "admin_key")}
        started = run_service(process, {**city.room.environment, **own})
        assert started.returncode == 1
        (line,) = started.stderr.splitlines()
        assert line.startswith("LIANSHAN_MOVABLE_CLOCK: city time has been moved ")
        assert "set it to true, in development, or begin with an empty store" in line


def test_status_shows_a_moved_clock_loudly(city: RunningGateway, stores: Stores, tmp_path: Path) -> None:
    with play(stores, "a move") as story:
        story.forward(HOUR)
    assert "THE CLOCK IS MOVED: city time is " in " ".join(lianshan(city, tmp_path, "status").stdout.split())


def test_doctor_warns_of_a_moved_clock(city: RunningGateway, stores: Stores, tmp_path: Path) -> None:
    with play(stores, "a move") as story:
        story.forward(HOUR)
    found = json.loads(lianshan(city, tmp_path, "doctor", "--quick", "--json").stdout)["findings"]
    (warning,) = [row for row in found if row["check"] == "city clock"]
    assert (warning["level"], warning["text"][:19]) == ("warning", "THE CLOCK IS MOVED:")


def test_a_stack_with_a_moved_clock_does_not_start_without_a_movable_one(
    city: RunningGateway, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANSHAN_DATABASE_PREFIX", city.room.database_prefix)
    with play(stores, "a move") as story:
        story.forward(HOUR)
    with pytest.raises(StartFailedError, match="ahead of the store's: start it with `lianshan up --movable-clock`"):
        check_stores(city.room.mongo_uri, movable=False)
    check_stores(city.room.mongo_uri, movable=True)


def test_a_backup_does_not_carry_the_offset_into_another_stack(city: RunningGateway, stores: Stores) -> None:
    with play(stores, "a move") as story:
        story.forward(HOUR)
    with open_snapshot(city.room.mongo_uri, city.room.database_prefix) as snapshot:
        kept = snapshot.plan()
    assert "needs" in kept["stations"]
    assert not [service for service, names in kept.items() if CLOCK in names]


def test_a_stack_on_the_stores_time_is_not_moved(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    with (
        running_gateway(servers, tmp_path_factory.mktemp("fixed"), ("gateway", "charity")) as running,
        open_stores(running.room.mongo_uri, running.room.database_prefix) as stores,
    ):
        done = lianshan(running, tmp_path, "clock", "forward", "1d")
        assert done.returncode == 1
        assert "no process here has a movable clock" in " ".join(done.stderr.split())
        assert not read_city_clock(stores).offset
