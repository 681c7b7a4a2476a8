"""The worker: it holds webhooks by lease, and runs each of them apart from the others."""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from services.gateway.access.key_record import KeyRecord, follow_rotations
from services.gateway.deliveries.attempt import Attempt
from services.gateway.deliveries.figures import BEHIND, FAILING, HELD, UNHELD
from services.gateway.deliveries.holding import LEASE_SECONDS, MAX_MILLIS, MOST_HELD, Holding
from services.gateway.deliveries.records import Webhook
from services.gateway.deliveries.runner import Runner
from services.gateway.deliveries.sending import Endpoint, Names
from services.gateway.deliveries.window import FeedWindow, Head
from services.gateway.endpoint_addresses import Network, Target
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document
from shared.runtime.logging import describe, get_logger, where
from shared.runtime.vault import Vault

REFRESH_SECONDS: Final = 1.0
"""How often it looks at its webhooks and their keys: a revoked key stops its webhook within two seconds."""
HEAD_SECONDS: Final = 0.05
TRIM_SECONDS: Final = 60.0
SILENT_SECONDS: Final = 15.0
"""After so long without a look at the store it is not ready."""
MARGIN_SECONDS: Final = 1.5
"""So long before its end a lease counts no more."""
MOST_ROTATIONS: Final = 10
"""Rotations of a key that are followed at once; those beyond at the next look."""
KEYS: Final = "keys"


class Worker:
    """Delivers the webhooks that it holds until `stop`."""

    def __init__(
        self, database: AsyncDatabase[Document], vault: Vault, *, networks: Sequence[Network], tls: ssl.SSLContext,
        origin: str, now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._database = database
        self._holding, self._window, self._now = Holding(database, now), FeedWindow(database), now
        self._vault, self._networks, self._tls, self._origin = vault, networks, tls, origin
        self._names = Names(MOST_HELD)
        self._runners: dict[str, tuple[Runner, asyncio.Task[None]]] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        """Webhooks that it gives up once their attempts in hand have ended; until then it keeps the lease."""
        self._head = Head("", 0)
        self._valid_until = 0.0
        self._looked = monotonic()
        self._stopping, self._some_held = asyncio.Event(), asyncio.Event()

    def stop(self) -> None:
        """Have `run` return once the attempts in hand have ended."""
        self._stopping.set()

    def fault(self) -> str | None:
        """Return the reason why nothing is delivered, in words; None where all is well."""
        silent = monotonic() - self._looked
        return f"has not read the store for {silent:.0f} s" if silent > SILENT_SECONDS else None

    async def run(self) -> None:
        """Hold webhooks and deliver them until stopped."""
        tasks = [asyncio.create_task(loop()) for loop in (self._follow_head, self._trim)]
        try:
            while not self._stopping.is_set():
                try:
                    await self._refresh()
                    self._looked = monotonic()
                except PyMongoError as error:
                    get_logger().warning("webhooks_wait_for_store", error=describe(error))
                await self._rest(REFRESH_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    # ---- holding -------------------------------------------------------------------------------------------

    async def _refresh(self) -> None:
        begun = monotonic()
        share = await self._holding.share()
        held = await self._holding.renew([*self._runners, *self._ending])
        # From before the request: the lease is counted from a later time than this.
        self._valid_until = begun + LEASE_SECONDS - MARGIN_SECONDS
        owners = await self._owners(held.values())
        for webhook_id, (runner, task) in list(self._runners.items()):
            webhook = held.get(webhook_id)
            if webhook is None or task.done() or webhook.state != "active":
                self._drop(webhook_id)
            else:
                runner.update(webhook, owners.get(webhook.key_id))
        for webhook_id in list(self._runners)[share:]:
            self._drop(webhook_id)
        taken = await self._holding.take(share - len(self._runners))
        if taken:
            self._see(await self._window.head())
            owners = await self._owners(taken)
        for webhook in taken:
            self._start(webhook, owners.get(webhook.key_id))
        if self._runners:
            self._some_held.set()
        else:
            self._some_held.clear()
        await self._show_figures(await self._holding.unheld() if share else 0)

    async def _owners(self, webhooks: Iterable[Webhook]) -> Mapping[str, Actor]:
        """Return the actors of the keys of those webhooks, for the keys that there are and that have not ended.

        A webhook of a key that was rotated goes on by the successor: it has the same holder, roles and area.
        """
        ids = {webhook.key_id for webhook in webhooks}
        found = await self._keys(ids)
        for _ in range(MOST_ROTATIONS):
            successors = {key.replaced_by for key in found.values() if key.replaced_by is not None} - found.keys()
            if not (more := await self._keys(successors)):
                break
            found |= more
        keys = {key_id: key for key_id in ids if (key := follow_rotations(found, key_id)) is not None}
        await self._holding.hand_over({key_id: key.id for key_id, key in keys.items() if key.id != key_id})
        now = self._now()
        return {key_id: key.grant.actor for key_id, key in keys.items() if not key.has_ended(now)}

    async def _keys(self, ids: Iterable[str]) -> dict[str, KeyRecord]:
        wanted = list(ids)
        if not wanted:
            return {}
        rows = self._database[KEYS].find({"_id": {"$in": wanted}}).limit(len(wanted)).max_time_ms(MAX_MILLIS)
        return {row["_id"]: KeyRecord.from_document(row) for row in await rows.to_list()}

    def _start(self, webhook: Webhook, owner: Actor | None) -> None:
        attempt = Attempt(webhook, self._connect, self._vault, self._origin, self._now)
        runner = Runner(
            webhook, owner, self._head, holding=self._holding, window=self._window, attempt=attempt,
            valid=lambda: monotonic() < self._valid_until, now=self._now,
        )  # fmt: skip
        self._runners[webhook.id] = runner, asyncio.create_task(runner.run(), name=webhook.id)

    def _connect(self, target: Target) -> Endpoint:
        return Endpoint(target, self._names, self._networks, self._tls)

    def _drop(self, webhook_id: str) -> None:
        """End the delivery of a webhook, and let others take it once its attempts in hand have ended."""
        runner, task = self._runners.pop(webhook_id)
        runner.stop()
        self._ending[webhook_id] = asyncio.create_task(self._release(webhook_id, task))

    async def _release(self, webhook_id: str, task: asyncio.Task[None]) -> None:
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            # A fault of ours or of a stored row: it is taken up again, and without this nobody would know why.
            get_logger().error("webhook_delivery_failed", webhook=webhook_id, error=describe(error), at=where(error))
        with suppress(PyMongoError):  # else the lease ends by itself
            await self._holding.release(webhook_id)
        self._ending.pop(webhook_id, None)

    async def _leave(self) -> None:
        for webhook_id in list(self._runners):
            self._drop(webhook_id)
        while self._ending:
            # An attempt may take longer than the lease, and another worker would send the same meanwhile.
            await asyncio.wait(self._ending.values(), timeout=LEASE_SECONDS / 3)
            with suppress(PyMongoError):
                await self._holding.renew([*self._ending])
        self._names.close()
        with suppress(PyMongoError):
            await self._holding.leave()

    # ---- the feed ------------------------------------------------------------------------------------------

    async def _follow_head(self) -> None:
        while True:
            await self._some_held.wait()
            await asyncio.sleep(HEAD_SECONDS)
            try:
                self._see(await self._window.head())
            except PyMongoError:
                await asyncio.sleep(1)  # the refresh logs it

    def _see(self, head: Head) -> None:
        if head == self._head:
            return
        if head.epoch != self._head.epoch:
            self._window.forget()
        self._head = head
        for runner, _ in self._runners.values():
            runner.show_head(head)

    async def _trim(self) -> None:
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            for webhook_id in list(self._runners):
                try:
                    await self._holding.trim(webhook_id)
                except PyMongoError as error:
                    get_logger().warning("webhook_log_not_trimmed", webhook=webhook_id, error=describe(error))
            try:
                if swept := await self._holding.sweep():
                    get_logger().info("webhook_deliveries_swept", count=swept)
            except PyMongoError as error:
                get_logger().warning("webhook_deliveries_not_swept", error=describe(error))

    async def _show_figures(self, unheld: int) -> None:
        runners = [runner for runner, _ in self._runners.values()]
        HELD.set(len(runners))
        FAILING.set(sum(runner.condition.troubled for runner in runners))
        BEHIND.set(max((runner.behind for runner in runners), default=0))
        UNHELD.set(unheld)
