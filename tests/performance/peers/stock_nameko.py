"""Peer `stock_nameko`: the choreography as nameko's own documentation would have it.

`event_handler` and `EventDispatcher` as they come (durable queues, persistent messages, confirms), PyMongo through a
dependency provider, each record written on its own with the server's default write concern (`majority`). There is no
inbox, no outbox, no validation and next to no domain logic.
"""
# nameko ships no types: subclasses and decorators of it are untyped.
# mypy: disable-error-code="misc, untyped-decorator"

import os
import sys

import eventlet

eventlet.monkey_patch()

from typing import Any  # noqa: E402 - nothing may be imported before the patch

from nameko.events import EventDispatcher, event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from pymongo import MongoClient  # noqa: E402

from tests.performance import steps  # noqa: E402


class Store(DependencyProvider):
    """The service's database."""

    def setup(self) -> None:
        name = os.environ["LIANSHAN_DATABASE_PREFIX"] + self.container.service_name
        client: MongoClient[dict[str, Any]] = MongoClient(os.environ["LIANSHAN_MONGO_URI"])
        self.database = client[name]

    def get_dependency(self, worker_ctx: Any) -> Any:  # noqa: ARG002 - nameko passes it
        return self.database


class Charity:
    name = "charity"
    store = Store()
    dispatch = EventDispatcher()

    @event_handler("stations", "need_published")
    def on_published(self, event: dict[str, Any]) -> None:
        for account, change in steps.reserve(event):
            if self.store.accounts.update_one(account, change).modified_count != 1:
                raise LookupError("nothing in stock")
        for collection, row in steps.charity_rows(event):
            self.store[collection].insert_one(row)
        self.dispatch("link_linked", steps.linked(event))


class Volunteering:
    name = "volunteering"
    store = Store()
    dispatch = EventDispatcher()

    @event_handler("stations", "need_published")
    def on_published(self, event: dict[str, Any]) -> None:
        query, change = steps.book(event)
        volunteer = self.store.volunteers.find_one_and_update(query, change, {"_id": 1}, sort=[("taken", 1)])
        for collection, row in steps.volunteering_rows(event, volunteer["_id"]):
            self.store[collection].insert_one(row)
        self.dispatch("staffing_confirmed", steps.confirmed(event, volunteer["_id"]))


class Stations:
    name = "stations"
    store = Store()
    dispatch = EventDispatcher()

    @event_handler("charity", "link_linked")
    def on_linked(self, event: dict[str, Any]) -> None:
        self.apply(event, steps.apply_link(event))

    @event_handler("volunteering", "staffing_confirmed")
    def on_confirmed(self, event: dict[str, Any]) -> None:
        self.apply(event, steps.apply_staffing(event))

    def apply(self, event: dict[str, Any], change: Any) -> None:
        need = self.store.needs.find_one_and_update({"_id": event["subject"]}, change, return_document=True)
        if need["state"] == "ready":
            self.dispatch("need_ready", steps.ready(event, need))


def main(service: str) -> None:
    runner = ServiceRunner({"AMQP_URI": os.environ["LIANSHAN_AMQP_URI"]})
    runner.add_service({"charity": Charity, "volunteering": Volunteering, "stations": Stations}[service])
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main(sys.argv[1])
