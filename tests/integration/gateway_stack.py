"""The gateway's two processes and the services behind it, on real servers, with queues and databases of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import stacks
import waiting
from described_api import check_described
from ports import free_port
from pymongo import MongoClient
from service_processes import Process, start_service
from stacks import NO_TLS, SETTLED, Isolated, Servers

from services.gateway.messaging.owner_keys import COLLECTION as OWNER_KEYS
from shared.contracts.access.sealed import KEY_QUERIES

EVERYONE = ("stations", "charity", "volunteering", "gateway.projector", "gateway")
AREA = "110102009017"
STREET = "110102009"
ELSEWHERE = "110105001001"
WITHOUT_STATION = "110102009018"
"""A community in which no other test opens a station."""
SPARE = "110102009019"
"""A community for the bad requests alone."""
NOWHERE = "110106"
"""A district in which no test has anything."""
AREAS = ["11", "1101", "110102", STREET, AREA, WITHOUT_STATION, SPARE, "110105", "110105001", ELSEWHERE, NOWHERE]
HERE = Path(__file__).parent
until = waiting.until
_RUN, _PHONES = os.getpid() % 10_000, count(1)
START_SECONDS = 180.0
STOP_SECONDS = 60.0


@dataclass
class RunningGateway:
    """Processes by name, and clients."""

    room: Isolated
    folder: Path
    url: str
    processes: dict[str, Process] = field(default_factory=dict)
    key_file: Path = Path()

    def __post_init__(self) -> None:
        if self.key_file == Path():
            self.key_file = self.folder / "admin_key"

    def start(self, name: str, *, skew: int = 0, called: str = "", **settings: str) -> None:
        """Start the process, under a name of its own where it is not the first; its host's clock is `skew` s ahead."""
        called = called or name
        port = self.url.rsplit(":", 1)[1]
        own = {"LIANSHAN_ADMIN_KEY_FILE": str(self.key_file), "LIANSHAN_HTTP_PORT": port}
        own["LIANSHAN_ACCESS_LOG_FOLDER"] = str(self.folder / "access")
        own |= SETTLED
        named = {f"LIANSHAN_{setting.upper()}": value for setting, value in settings.items()}
        environment, path = {**self.room.environment, **own, **named}, self.folder / f"{called}.log"
        if not skew:
            self.processes[called] = start_service(name, environment, path)
            return
        skewed = [sys.executable, str(HERE / "skewed.py"), f"services.{name}", str(skew)]
        with path.open("ab") as log:
            self.processes[called] = subprocess.Popen(skewed, env=environment, stderr=log)

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def wait_ready(self) -> None:
        def ready() -> bool:
            assert self.processes["gateway"].poll() is None, self.log("gateway")
            try:
                return httpx.get(f"{self.url}/readyz", timeout=2, verify=NO_TLS).status_code == 200
            except httpx.TransportError:
                return False

        until(ready, "the gateway is ready", START_SECONDS)

    def wait_for_owners(self, names: Iterable[str]) -> None:
        """Wait until those services have answered the gateway for the first time."""
        owners = KEY_QUERIES.keys() & set(names)

        def known() -> bool:
            with self.database() as database:
                return owners <= {row["_id"] for row in database[OWNER_KEYS].find()}

        until(known, f"{owners} have announced their keys", START_SECONDS)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def client(self, key: str | None = None) -> httpx.Client:
        """With that key, the administrator's if none is given. It fails at an answer that the API does not describe."""
        key = key or self.key_file.read_text().strip()
        named, seen = {"Authorization": f"Bearer {key}"}, {"response": [check_described]}
        return httpx.Client(base_url=self.url, headers=named, timeout=30, verify=NO_TLS, event_hooks=seen)

    def key(self, *roles: str, area: str | None = None, principal: str | None = None) -> str:
        with self.client() as admin:
            body = {"name": "for a test", "roles": list(roles), "area": area, "principal": principal}
            answer = admin.post("/v1/keys", json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["key"])

    @contextmanager
    def database(self, service: str = "gateway") -> Iterator[Any]:
        with MongoClient[dict[str, Any]](self.room.mongo_uri, tz_aware=True) as client:
            yield client[f"{self.room.database_prefix}{service}"]


@contextmanager
def running_gateway(servers: Servers, folder: Path, names: Sequence[str], **settings: Any) -> Iterator[RunningGateway]:
    """Those processes, running and ready; gone at the end."""
    with stacks.isolated(servers, furnished=True) as room:
        gateway = RunningGateway(room, folder, f"http://127.0.0.1:{free_port()}")
        try:
            for name in names:
                gateway.start(name, **settings)
            gateway.wait_ready()
            gateway.wait_for_owners(names)
            yield gateway
        finally:
            for name in list(gateway.processes):
                gateway.stop(name, signal.SIGKILL)


def import_areas(admin: httpx.Client) -> None:
    """A small register of areas."""
    rows = [{"code": code, "name": f"Area {code}"} for code in AREAS]
    answer = admin.post("/v1/areas:batch", json={"rows": rows})
    assert answer.status_code == 200, answer.text


def station(api: httpx.Client, area: str = AREA) -> str:
    """A new station, in the place of the one that stands in the area: an area has one at most."""
    for open_one in api.get("/v1/stations", params={"area": area, "state": "open"}).json()["items"]:
        if open_one["area"] == area:
            assert api.post(f"/v1/stations/{open_one['id']}/close").status_code == 200
    level = "station" if len(area) == 12 else "centre"
    opened = created(api, "/v1/stations", {"area": area, "name": "Elm Lane station", "level": level})
    until(lambda: api.get(f"/v1/stations/{opened}").is_success, "the station is in the lists")
    return opened


def need(station_id: str, **other: Any) -> dict[str, Any]:
    """A need as a station worker posts it, due tomorrow."""
    due = datetime.now(UTC) + timedelta(days=1)
    return {
        "station_id": station_id,
        "title": "Rice for the Example family",
        "theme": "elderly_care",
        "urgency": "high",
        "due": due.isoformat(),
        "location": {"lon": 116.351234, "lat": 39.931234},
        "beneficiaries": {"count": 30, "groups": ["elderly_80_plus"]},
        "lines": [{"kind": "goods", "item": "quilt", "quantity": 10, "unit": "piece"}],
        "publish": True,
        **other,
    }


def volunteer(**other: Any) -> dict[str, Any]:
    return {
        "name": "Wen Example",
        # Another person each time: two with one name and one telephone would be checked first.
        "phone": f"+8613{_RUN:04}{next(_PHONES):05}",
        "area": AREA,
        "location": {"lon": 116.351, "lat": 39.931},
        "birth_year": 1960,
        "skills": ["first_aid"],
        **other,
    }


def created(api: httpx.Client, path: str, body: dict[str, Any], **headers: str) -> str:
    """The id of the new thing. Its service may hear later of a station that the body names."""

    def heard() -> httpx.Response | None:
        answer = api.post(path, json=body, headers=headers)
        return None if answer.status_code == 404 else answer

    answer = until(heard, f"{path} knows all that is named in {body}")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def whole_feed(api: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: int | str | None = 0
    while after is not None:
        page = api.get("/v1/events", params={"after": after, "limit": 1000}).json()
        items += page["items"]
        after = page["next"]
    return items


def position(cursor: int | str) -> int:
    """The number of the event in the feed, from its cursor."""
    return int(str(cursor).rpartition("-")[2])


def state_is(api: httpx.Client, need_id: str, state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        read = api.get(f"/v1/needs/{need_id}").json()
        return read if read.get("state") == state else None

    found: dict[str, Any] = until(look, f"{need_id} is {state}")
    return found


def serve_need(api: httpx.Client, home: str = AREA, **person: Any) -> tuple[str, str]:
    """Have a need linked, staffed and served; gives its id and that of the volunteer, who is the `person` if given."""
    station_id = station(api)
    goods = [{"item": "hot_meal", "quantity": 5, "unit": "piece"}]
    created(api, "/v1/donations", {"station_id": station_id, "donor": "Lin Example", "goods": goods})
    helper = created(
        api, "/v1/volunteers", volunteer(**{"area": home, "skills": ["cooking"], "standing_acceptance": True, **person})
    )
    now = datetime.now(UTC)
    slot = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    body = need(
        station_id,
        lines=[{"kind": "goods", "item": "hot_meal", "quantity": 5, "unit": "piece"}],
        volunteers={"headcount": 1, "skills": ["cooking"], "languages": [], **slot},
    )
    need_id = created(api, "/v1/needs", body)
    state_is(api, need_id, "ready")

    def accepted() -> str:
        read = api.get(f"/v1/needs/{need_id}").json()
        assert (read["lines"][0]["committed"], read["volunteers"]["confirmed"], read["waiting"]) == (5, 1, [])
        (dispatch,) = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
        assert (dispatch["volunteer_id"], dispatch["state"]) == (helper, "accepted")
        return str(dispatch["id"])

    dispatch_id = waiting.eventually(accepted)
    for action, state in (("check-in", "checked_in"), ("check-out", "checked_out")):
        answer = api.post(f"/v1/dispatches/{dispatch_id}/{action}")
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    state_is(api, need_id, "served")
    return need_id, helper
