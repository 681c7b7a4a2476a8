"""Peer `faststream`: the choreography on FastStream's RabbitMQ broker, asyncio throughout.

Durable queues, persistent messages, publisher confirms, many messages in flight at once; PyMongo's own asyncio client,
each record written on its own with the server's default write concern (`majority`). There is no inbox, no outbox and
next to no domain logic.
"""

import asyncio
import os
import sys
from abc import ABC, abstractmethod
from typing import Any

from faststream import FastStream
from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue
from pymongo import AsyncMongoClient

from tests.performance import steps

EXCHANGE = RabbitExchange("faststream.events", type=ExchangeType.TOPIC, durable=True)
PREFETCH = int(os.environ.get("BENCH_FASTSTREAM_PREFETCH", "50"))
PUBLISHED, LINKED = "stations.need.published", "charity.link.linked"
CONFIRMED, READY = "volunteering.staffing.confirmed", "stations.need.ready"


class Service(ABC):
    """The part that the three have in common."""

    def __init__(self, name: str) -> None:
        self.broker = RabbitBroker(
            os.environ["LIANSHAN_AMQP_URI"], default_channel=Channel(prefetch_count=PREFETCH), logger=None
        )
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["LIANSHAN_MONGO_URI"])
        self.store = client[os.environ["LIANSHAN_DATABASE_PREFIX"] + name]
        self.name = name

    @abstractmethod
    def listen(self) -> None:
        """Subscribe to the events that it answers."""

    def hear(self, key: str, handler: Any) -> None:
        queue = RabbitQueue(f"faststream.{self.name}.{key}", durable=True, routing_key=key)
        self.broker.subscriber(queue, EXCHANGE)(handler)

    async def say(self, event: dict[str, Any]) -> None:
        await self.broker.publish(event, exchange=EXCHANGE, routing_key=event["type"], persist=True, mandatory=False)


class Charity(Service):
    def listen(self) -> None:
        self.hear(PUBLISHED, self.on_published)

    async def on_published(self, event: dict[str, Any]) -> None:
        for account, change in steps.reserve(event):
            if (await self.store.accounts.update_one(account, change)).modified_count != 1:
                raise LookupError("nothing in stock")
        for collection, row in steps.charity_rows(event):
            await self.store[collection].insert_one(row)
        await self.say(steps.linked(event))


class Volunteering(Service):
    def listen(self) -> None:
        self.hear(PUBLISHED, self.on_published)

    async def on_published(self, event: dict[str, Any]) -> None:
        query, change = steps.book(event)
        volunteer = await self.store.volunteers.find_one_and_update(query, change, {"_id": 1}, sort=[("taken", 1)])
        if volunteer is None:
            raise LookupError("nobody is free")
        for collection, row in steps.volunteering_rows(event, volunteer["_id"]):
            await self.store[collection].insert_one(row)
        await self.say(steps.confirmed(event, volunteer["_id"]))


class Stations(Service):
    def listen(self) -> None:
        self.hear(LINKED, self.on_linked)
        self.hear(CONFIRMED, self.on_confirmed)

    async def on_linked(self, event: dict[str, Any]) -> None:
        await self.apply(event, steps.apply_link(event))

    async def on_confirmed(self, event: dict[str, Any]) -> None:
        await self.apply(event, steps.apply_staffing(event))

    async def apply(self, event: dict[str, Any], change: Any) -> None:
        need = await self.store.needs.find_one_and_update({"_id": event["subject"]}, change, return_document=True)
        if need is not None and need["state"] == "ready":
            await self.say(steps.ready(event, need))


SERVICES: dict[str, type[Charity] | type[Volunteering] | type[Stations]] = {
    "charity": Charity, "volunteering": Volunteering, "stations": Stations,
}  # fmt: skip


async def main(name: str) -> None:
    service = SERVICES[name](name)
    service.listen()
    await FastStream(service.broker).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
