"""The town of a sandbox: the demo's stations, funds, stock and people, on a Monday at 09:00, alike in every run."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from deploy.lianshan.clock.story import play
from deploy.lianshan.demo import scene
from deploy.lianshan.demo.api import Api, RefusedError
from deploy.lianshan.demo.scene import Body
from deploy.lianshan.demo.stack import NotOursError
from deploy.lianshan.local.folder import Folder, FolderInUseError, write_json
from deploy.lianshan.local.stack import Report, stop_stack
from deploy.lianshan.local.state import StackAddresses, is_up
from deploy.lianshan.stores import open_stores

STORY: Final = "a sandbox"
AT_ONCE: Final = 4
SECONDS: Final = 30.0
_NOT_KNOWN: Final = 404
_PAUSE_SECONDS: Final = 0.1
_SERVERS: Final = ("LIANSHAN_AMQP_URI", "LIANSHAN_MONGO_URI")


def clear_folder(folder: Folder, report: Report) -> Folder:
    """Return the folder without the data of an earlier sandbox; its logs stay.

    Raises FolderInUseError where a stack runs in it; NotOursError where another stack has its data there, or where the
    environment names servers: a sandbox always runs its own.
    """
    if named := [name for name in _SERVERS if os.environ.get(name)]:
        raise NotOursError(f"A sandbox runs servers of its own: unset {' and '.join(named)}.")
    if is_up(folder):
        raise FolderInUseError(f"A stack runs in {folder.root}: stop it with `lianshan down`.")
    if (folder.has_documents or folder.secrets_file.exists()) and not folder.sandbox_file.is_file():
        raise NotOursError(f"{folder.root} holds the data of another stack: name a folder of its own with --var.")
    if folder.secrets_file.exists():
        stop_stack(folder, report)  # the mark of its processes is among the secrets
    for part in ("mongo", "rabbitmq"):
        shutil.rmtree(folder.root / part, ignore_errors=True)
    for file in (folder.secrets_file, folder.data_key_file):
        file.unlink(missing_ok=True)
    # Another object: the first one knows the secrets that are gone.
    fresh = Folder(folder.root)
    fresh.make()
    write_json(fresh.sandbox_file, {})
    return fresh


def furnish_town(folder: Folder, addresses: StackAddresses, report: Report) -> None:
    """Move city time to a Monday, 09:00; open the stations and funds, give the stock, register the people, make a key.

    Raises RefusedError, ClockNotMovedError, httpx.HTTPError.
    """
    with (
        open_stores(addresses["mongo_uri"], os.environ.get("LIANSHAN_DATABASE_PREFIX", "")) as stores,
        play(stores, STORY) as story,
    ):
        story.to_next_monday()
    report("city time is a Monday, 09:00")
    with Api(addresses["gateway_url"], addresses["admin_token"], "zh") as api:
        stations = {key: _open(api, key, name) for key, name in scene.STATIONS.items()}
        for fund in scene.FUNDS:
            opened = api.post("/funds", {"area": fund.area, "name": fund.name})
            api.post("/donations", {"fund_id": opened["id"], "amount_fen": fund.amount_fen})
        for gift in scene.GIFTS:
            _give(api, gift.body(stations[gift.station]))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            people = list(pool.map(lambda person: api.post("/volunteers", person.body()), scene.volunteers()))
        made = api.post("/keys", {"name": "Sandbox", "roles": ["platform", "personal_reader"]})
    write_json(folder.sandbox_file, {"key": made["key"]})
    report(f"{len(stations)} stations, {len(scene.FUNDS)} funds and {len(people)} volunteers are there, all made up")


def _open(api: Api, key: str, name: str) -> str:
    level = "centre" if key == scene.CENTRE else "station"
    return str(api.post("/stations", {"area": scene.area_of(key), "name": name, "level": level})["id"])


def _give(api: Api, body: Body) -> None:
    """Give goods to a station, of which charity may hear a moment later than we."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            api.post("/donations", body)
        except RefusedError as refused:
            if refused.status != _NOT_KNOWN or time.monotonic() > end:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
