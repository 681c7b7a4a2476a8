"""What the peers store and say for one need: the records that our services keep, without what decides about them."""

from typing import Any

from tests.performance.world import COMMODITY, COMMUNITIES, SKILL, TRACEPARENT, VOLUNTEERS_PER_COMMUNITY, station_id

Document = dict[str, Any]


def account_id(station: str) -> str:
    return f"stock:{station}:{COMMODITY}"


def accounts() -> list[Document]:
    """A stock account for each station, with enough in it."""
    return [
        {
            "_id": account_id(station_id(area)), "version": 1, "holder_id": station_id(area), "area": area,
            "holder_kind": "station", "commodity": COMMODITY, "credits_posted": 10**9, "debits_posted": 0,
            "debits_pending": 0, "credits_pending": 0, "may_be_negative": False,
        }
        for area in COMMUNITIES
    ]  # fmt: skip


def volunteers() -> list[Document]:
    """Registered, all with standing acceptance; `load` orders them by how much they already do."""
    return [
        {
            "_id": f"volunteer_{area}_{nth:06}", "version": 1, "area": area, "skills": [SKILL, "cooking"],
            "languages": ["zh"], "availability": [], "standing_acceptance": True, "birth_year": 1962,
            "home": {"type": "Point", "coordinates": [116.33 + nth / 10**5, 39.93]}, "load": 0,
            "name_sealed": "x" * 60, "phone_sealed": "x" * 60, "bookings": [],
        }
        for area in COMMUNITIES
        for nth in range(VOLUNTEERS_PER_COMMUNITY)
    ]  # fmt: skip


def need(data: Document) -> Document:
    """A published need as stations keeps it, from its event's data."""
    return {
        "_id": data["need_id"], **{k: v for k, v in data.items() if k != "need_id"},
        "title_sealed": "x" * 80, "triage": [{"part": "severity", "points": 20}, {"part": "urgency", "points": 20}],
        "timeline": [{"state": "published", "at": data["published_at"]}], "committed": [0], "confirmed": 0,
        "link_version": 0, "staffing_version": 0, "waiting": [],
    }  # fmt: skip


def link(event: Document) -> Document:
    """What charity keeps about a need."""
    data = event["data"]
    line = data["lines"][0]
    return {
        "_id": data["need_id"], "version": 1, "state": "committed", "area": data["area"],
        "station_id": data["station_id"], "need_version": data["version"], "score": data["score"],
        "published_at": data["published_at"], "lines": data["lines"],
        "amounts": [{"line_id": line["id"], "committed": line["requested"], "fulfilled": 0}],
        "sources": [_source(data)], "tried": [_tried(line)], "waiting": [],
    }  # fmt: skip


def transfer(event: Document) -> Document:
    """The reservation: a pending transfer from the stock to the need."""
    data = event["data"]
    return {
        "_id": f"{data['need_id']}.line-1.1", "version": 1, "debit": account_id(data["station_id"]),
        "credit": f"need:{data['need_id']}:{COMMODITY}", "commodity": COMMODITY,
        "amount": data["lines"][0]["requested"], "state": "pending", "made_at": event["time"],
        "about": data["need_id"],
    }  # fmt: skip


def staffing(event: Document, volunteer: str) -> Document:
    """What volunteering keeps about a need."""
    data = event["data"]
    asked = data["volunteers"]
    return {
        "_id": data["need_id"], "version": 1, "state": "staffed", "area": data["area"],
        "need_version": data["version"], "score": data["score"], "published_at": data["published_at"],
        "place": data["place"], **asked, "confirmed": [volunteer], "offered": [], "declined": [], "wave": 1,
        "tried": [{"ring": "community", "gave": 1, "reason": "1 of 20 fits and is free"}], "waiting": [],
    }  # fmt: skip


def dispatch(event: Document, volunteer: str) -> Document:
    """One volunteer's part in the need."""
    data = event["data"]
    return {
        "_id": f"{data['need_id']}.{volunteer}", "need_id": data["need_id"], **_view(data, volunteer),
        "area": data["area"], "updated_at": event["time"],
    }  # fmt: skip


def booking(event: Document) -> Document:
    """The slot that the volunteer's own record holds."""
    asked = event["data"]["volunteers"]
    return {"need_id": event["data"]["need_id"], "starts_at": asked["starts_at"], "ends_at": asked["ends_at"]}


def linked_data(event: Document) -> Document:
    data = event["data"]
    line = data["lines"][0]
    account = {
        "account_id": account_id(data["station_id"]), "version": 2, "holder_id": data["station_id"],
        "area": data["area"], "commodity": COMMODITY, "balance": 10**9, "reserved": line["requested"],
    }  # fmt: skip
    return {
        "need_id": data["need_id"], "version": 1, "state": "committed", "area": data["area"],
        "amounts": [{"line_id": line["id"], "committed": line["requested"], "fulfilled": 0}],
        "sources": [_source(data)], "tried": [_tried(line)], "waiting": [], "stock": [account],
    }  # fmt: skip


def confirmed_data(event: Document, volunteer: str) -> Document:
    data = event["data"]
    return {
        "need_id": data["need_id"], "version": 1, "state": "staffed", "area": data["area"], "headcount": 1,
        "confirmed": 1, "offered": 0, "checked_in": 0, "checked_out": 0, "changed": [_view(data, volunteer)],
        "tried": [{"ring": "community", "gave": 1, "reason": "1 of 20 fits and is free"}], "waiting": [],
    }  # fmt: skip


READY_FIELDS = (
    "station_id", "area", "theme", "urgency", "score", "due", "place", "beneficiaries", "beneficiary_groups",
    "lines", "volunteers", "published_at",
)  # fmt: skip


def ready_data(stored: Document) -> Document:
    """From the need as stored."""
    return {
        "need_id": stored["_id"], "version": 3, "state": "ready", "committed": [2], "fulfilled": [0],
        "volunteers_confirmed": 1, "waiting": [], **{name: stored[name] for name in READY_FIELDS},
    }  # fmt: skip


def envelope(event_type: str, need: str, area: str, time: str, correlation: str, cause: str) -> Document:
    """A CloudEvent about a need, without its data."""
    service, kind, _ = event_type.split(".", 2)
    return {
        "specversion": "1.0", "id": f"{need}.1.0", "source": f"/{service}/{kind}", "type": event_type, "subject": need,
        "time": time, "datacontenttype": "application/json", "dataschema": f"/schemas/events/{event_type}.json",
        "sequence": "0000000001", "partitionkey": need, "correlationid": correlation, "causationid": cause,
        "traceparent": TRACEPARENT, "area": area,
    }  # fmt: skip


def _source(data: Document) -> Document:
    return {
        "line_id": "line-1", "account_id": account_id(data["station_id"]),
        "transfer_id": f"{data['need_id']}.line-1.1", "ring": "station", "amount": data["lines"][0]["requested"],
    }  # fmt: skip


def _tried(line: Document) -> Document:
    return {"ring": "station", "gave": line["requested"], "reason": "the station's own stock", "line_id": line["id"]}


def _view(data: Document, volunteer: str) -> Document:
    asked = data["volunteers"]
    return {
        "dispatch_id": f"{data['need_id']}.{volunteer}", "version": 1, "volunteer_id": volunteer, "state": "accepted",
        "ring": "community", "wave": 1, "standing": True, "starts_at": asked["starts_at"], "ends_at": asked["ends_at"],
        "expires_at": None, "checked_in_at": None, "checked_out_at": None, "minutes": 0,
        "why": "0.4 km away, has every skill asked for, 0 services this week, keeps what they promise",
    }  # fmt: skip
