"""An offer with a link, in a city of its own on a Monday at 09:00."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from gateway_stack import AREA, created, need, station, until, volunteer
from monday_city import City
from stacks import NO_TLS

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class LinkedOffer:
    """The dispatch of a volunteer who was asked, and the path of its page."""

    need_id: str
    dispatch_id: str
    path: str

    @property
    def token(self) -> str:
        return self.path.removeprefix("/a/")


def answer(phone: httpx.Client, path: str, act: str, page: httpx.Response | None = None) -> httpx.Response:
    """Press a button on the page, or on one that was read before."""
    shown = phone.get(path) if page is None else page
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    return phone.post(path, data={**fields, "act": act}, headers={"Sec-Fetch-Site": "same-origin"})


def offer_with_link(city: City, api: httpx.Client, area: str = AREA, skill: str = "medical_escort") -> LinkedOffer:
    """Ask a volunteer to a slot from three to five hours ahead, and issue a link."""
    begins = city.now().replace(microsecond=0) + 3 * HOUR
    created(api, "/v1/volunteers", volunteer(area=area, skills=[skill]))
    slot = {
        "headcount": 1, "skills": [skill], "languages": [], "starts_at": begins.isoformat(),
        "ends_at": (begins + 2 * HOUR).isoformat(),
    }  # fmt: skip
    due = (begins + 2 * HOUR).isoformat()
    need_id = created(api, "/v1/needs", need(station(api, area), lines=[], volunteers=slot, due=due))

    def asked() -> list[dict[str, Any]]:
        return list(api.get("/v1/dispatches", params={"need_id": need_id, "state": "offered"}).json()["items"])

    dispatch_id = until(asked, "a volunteer was asked")[0]["id"]
    issued = api.post(f"/v1/dispatches/{dispatch_id}/answer-link")
    assert issued.status_code == 200, issued.text
    return LinkedOffer(need_id, dispatch_id, issued.json()["path"])


def misdirect_offer(api: httpx.Client, path: str) -> str:
    """Have somebody say on the page that it was not meant for them; return the id of the misdirection."""
    before = _open_misdirections(api)
    with httpx.Client(base_url=api.base_url, verify=NO_TLS, timeout=30) as phone:
        said = answer(phone, path, "not_me")
        assert said.status_code == 303, said.text
    found: set[str] = until(lambda: _open_misdirections(api) - before, "the misdirection is in the lists")
    return found.pop()


def _open_misdirections(api: httpx.Client) -> set[str]:
    shown = api.get("/v1/misdirections", params={"state": "open", "limit": 200}).json()["items"]
    return {str(one["id"]) for one in shown}
