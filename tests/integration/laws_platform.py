"""The stores of a platform that keeps every law, written row by row, to be damaged in one place."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient
from stacks import Isolated

from deploy.lianshan.laws import check_laws

NOW = datetime.now(UTC)
SLOT = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=2)}
WAITS = {
    name: {"code": code, "args": {}}
    for name, code in {
        "for_what": "for_volunteers",
        "reason": "nobody_suitable_free",
        "next_step": "answer_is_applied",
    }.items()
}


class Platform:
    """The stores of a platform with three needs: one ready, one waiting for a volunteer, one evaluated."""

    def __init__(self, room: Isolated, client: "MongoClient[dict[str, Any]]") -> None:
        self.room = room
        self.client = client
        self._needs()
        self._links_and_books()
        self._staffings_and_hours()
        self._gateway()

    def of(self, service: str, collection: str) -> Any:
        return self.client[f"{self.room.database_prefix}{service}"][collection]

    def broken(self) -> list[str]:
        return check_laws(self.room.mongo_uri, self.room.database_prefix, self.room.amqp_uri)

    def say(self, service: str, kind: str, subject: str, version: int) -> None:
        cursor = self.of("gateway", "feed").count_documents({}) + 1
        event = {"source": f"/{service}/{kind}", "id": f"{subject}.{version}.0", "subject": subject}
        event["sequence"] = str(version).zfill(10)
        self.of("gateway", "feed").insert_one({"_id": f"{cursor:016}", "cursor": cursor, "event": json.dumps(event)})
        self.of("gateway", "feed_head").update_one({"_id": "feed"}, {"$set": {"last": cursor}}, upsert=True)

    def merge(self, merged: str, survivor: str) -> None:
        rows = [{"_id": merged, "survivor": survivor}, {"_id": survivor, "survivor": survivor, "others": [merged]}]
        self.of("volunteering", "identities").insert_many(rows)

    def _needs(self) -> None:
        line = {"id": "l1", "kind": "goods", "item": "quilt", "unit": "piece", "requested": 10}
        asked = {"headcount": 1}
        ready = {"_id": "ready", "state": "ready", "lines": [line], "volunteers": asked, "announced": 3}
        ready |= {"link_version": 1, "staffing_version": 1}
        waiting = {"_id": "waiting", "state": "published", "volunteers": asked, "announced": 1}
        waiting |= {"staffing_version": 1, "staffing_waiting": [WAITS]}
        ended = {"_id": "ended", "state": "evaluated", "volunteers": asked, "announced": 6, "staffing_version": 4}
        ended |= {"link_version": 1}
        self.of("stations", "needs").insert_many([ready, waiting, ended])
        due = NOW + timedelta(days=1)
        self.of("stations", "timers").insert_many(
            [{"_id": "due:ready", "due": due}, {"_id": "due:waiting", "due": due}]
        )
        self.of("stations", "inbox").insert_many([{"keys": ["a", "b"]}, {"keys": ["c"]}])

    def _links_and_books(self) -> None:
        source = {"transfer_id": "t1", "amount": 10}
        self.of("charity", "links").insert_one(
            {"_id": "ready", "version": 1, "state": "committed", "sources": [source]}
        )
        books(self, "charity", "goods:quilt", ["given", "stock", "used"])
        move(self, "charity", "t0", ("given", "stock"), 40)
        move(self, "charity", "t1", ("stock", "used"), 10, "pending")
        self._payments()

    def _payments(self) -> None:
        """Of 300 fen that were delivered 200 are paid, after 250 were paid and taken back."""
        line = {"line_id": "l1", "commodity": "CNY", "requested": 300, "committed": 300, "fulfilled": 300}
        link = {"_id": "ended", "version": 1, "state": "delivered", "sources": [], "area": "1101", "lines": [line]}
        self.of("charity", "links").insert_one(link)
        payment = {"_id": "pay_ended.0", "need_id": "ended", "line_id": "l1", "area": "1101"}
        self.of("charity", "payments").insert_one({**payment, "used_fen": 300, "paid_fen": 200})
        used, paid, cause = "used:1101:CNY", "paid:1101:CNY", {"cause": "pay_ended.0"}
        books(self, "charity", "CNY", ["fund", used, paid])
        move(self, "charity", "f0", ("fund", used), 300)
        move(self, "charity", "p0", (used, paid), 250, reason="payment", **cause)
        move(self, "charity", "p0.reversed", (paid, used), 250, reason="wrong_payee", reverses="p0", **cause)
        move(self, "charity", "p1", (used, paid), 200, reason="payment", **cause)

    def _staffings_and_hours(self) -> None:
        rows = {
            "ready": [dispatch("ready", "anna", "accepted")],
            "waiting": [],
            "ended": [dispatch("ended", "bo", "credited", 45)],
        }
        for need, dispatches in rows.items():
            part = {"_id": need, "version": 1, "headcount": 1, "dispatches": dispatches, "watch_at": NOW}
            self.of("volunteering", "staffings").insert_one({**part, **SLOT})
        for volunteer, need in (("anna", "ready"), ("bo", "ended")):
            hold = [f"dsp_{need}.1", 0, 7200]
            self.of("volunteering", "volunteers").insert_one({"_id": volunteer, "bookings": [hold]})
        books(self, "volunteering", "minutes", ["mint", "bo"])
        cause = {"cause": "dsp_ended.1"}
        move(self, "volunteering", "m0", ("mint", "bo"), 60, reason="service_confirmed", **cause)
        move(self, "volunteering", "m0.reversed", ("bo", "mint"), 60, reason="left_earlier", reverses="m0", **cause)
        move(self, "volunteering", "m1", ("mint", "bo"), 45, reason="hours_adjusted", **cause)

    def _gateway(self) -> None:
        self.of("gateway", "views").insert_one({"_id": "needs", "live": 1})
        for need, seen, state, link, staffing in (
            ("ready", 3, "ready", 1, 1), ("waiting", 1, "published", 0, 1), ("ended", 6, "evaluated", 1, 4),
        ):  # fmt: skip
            view = {"_id": need, "seen": seen, "state": state, "link_seen": link, "staffing_seen": staffing}
            self.of("gateway", "needs@1").insert_one(view)
            for version in range(1, seen + 1):
                self.say("stations", "need", need, version)
            if link:
                self.say("charity", "link", need, link)
            self.say("volunteering", "staffing", need, staffing)


def dispatch(need: str, volunteer: str, state: str, minutes: int = 0) -> dict[str, Any]:
    return {"id": f"dsp_{need}.1", "volunteer_id": volunteer, "state": state, "minutes": minutes}


def books(platform: Platform, service: str, commodity: str, names: list[str]) -> None:
    counters = dict.fromkeys(("debits_pending", "debits_posted", "credits_pending", "credits_posted"), 0)
    platform.of(service, "accounts").insert_many(
        {
            "_id": name,
            "commodity": commodity,
            "kind": name.split(":")[0],
            "forbids_overdraft": name == "stock",
            **counters,
        }
        for name in names
    )


def move(  # noqa: PLR0917
    platform: Platform, service: str, name: str, way: tuple[str, str], amount: int, state: str = "posted", **more: str
) -> None:
    debit, credit = way
    commodity = platform.of(service, "accounts").find_one({"_id": debit})["commodity"]
    transfer = {"_id": name, "debit_account": debit, "credit_account": credit, "commodity": commodity}
    platform.of(service, "transfers").insert_one({**transfer, "amount": amount, "state": state, **more})
    platform.of(service, "accounts").update_one({"_id": debit}, {"$inc": {f"debits_{state}": amount}})
    platform.of(service, "accounts").update_one({"_id": credit}, {"$inc": {f"credits_{state}": amount}})
