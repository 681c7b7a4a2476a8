"""The delivery of one webhook: it reads the feed, sends, and notes how far it has come.

The order of its writes is the guarantee: an event is delivered, or stands in the deliveries as waiting, before the
cursor passes it. A worker that dies leaves the cursor behind, and another sends some messages once more.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import random
from time import monotonic
from typing import Final

from pymongo.errors import PyMongoError

from services.gateway.deliveries.attempt import Attempt
from services.gateway.deliveries.backlog import Backlog
from services.gateway.deliveries.condition import Condition
from services.gateway.deliveries.holding import Holding
from services.gateway.deliveries.loading import Loading
from services.gateway.deliveries.queue import Pending
from services.gateway.deliveries.records import DISABLED, ENDED, STOPPED, Webhook, WebhookEnding
from services.gateway.deliveries.sending import CONNECTIONS
from services.gateway.deliveries.window import FeedWindow, Head
from shared.contracts.access import Actor
from shared.runtime.logging import describe, get_logger

FLUSH_SECONDS: Final = 0.25
"""How often the cursor and the log are stored."""
LOOK_SECONDS: Final = 5.0
"""The longest wait: a wake-up that was lost costs no more."""
SAVE_SECONDS: Final = 2.0
"""How often the cursor alone is stored, where nothing was sent."""
LOAD_SECONDS: Final = 0.01
"""Between two looks for waiting deliveries of the store."""
STORE_PAUSE_SECONDS: Final = 1.0
END_SECONDS: Final = 17.0
"""How long attempts in hand may take when it stops; each is bounded by less."""


class Runner:
    """Delivers one webhook, as long as `valid` says that this worker holds it."""

    def __init__(
        self, webhook: Webhook, owner: Actor | None, head: Head, *, holding: Holding, window: FeedWindow,
        attempt: Attempt, valid: Callable[[], bool], now: Callable[[], datetime],
        roll: Callable[[], float] = random,
    ) -> None:  # fmt: skip
        self.webhook = webhook
        self.head = head
        self.condition = Condition.of(webhook)
        self._owner = owner
        self._holding, self._window, self._attempt = holding, window, attempt
        self._valid, self._now, self._roll = valid, now, roll
        self._news: tuple[Webhook, Actor | None] | None = None
        self._in_flight: dict[asyncio.Task[None], Pending] = {}
        self._begin(webhook)
        self._wake = asyncio.Event()
        self._stopping = False
        self._flush_at = self._save_at = 0.0
        self._flushing: asyncio.Task[None] | None = None
        self.lost = False

    def _begin(self, webhook: Webhook) -> None:
        self._backlog = Backlog(webhook.id, self._now, self._roll)
        self._loading = Loading(webhook.id, self._holding, self._backlog)
        self._position = self._stored = webhook.position

    @property
    def behind(self) -> int:
        """The events that it has still to read, where its endpoint works."""
        idle = self.condition.troubled or self.webhook.state != "active"
        return 0 if idle else max(0, self.head.last - self._position)

    def update(self, webhook: Webhook, owner: Actor | None) -> None:
        """Go on by the webhook as it is stored now, for its owner as their key is now."""
        self._news = (webhook, owner)
        if (webhook.requeued, webhook.version, owner) != (self.webhook.requeued, self.webhook.version, self._owner):
            self._wake.set()

    def show_head(self, head: Head) -> None:
        """Look at the feed: it has grown, or after a restore begun another epoch."""
        self.lost = self.lost or head.epoch != self.head.epoch
        self.head = head
        self._wake.set()

    def stop(self) -> None:
        """Have `run` return after the attempts in hand."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stopped or lost."""
        try:
            while not self._stopping and not self.lost:
                self._wake.clear()
                try:
                    wait = await self._turn()
                except PyMongoError as error:
                    get_logger().warning("webhook_waits_for_store", webhook=self.webhook.id, error=describe(error))
                    wait = STORE_PAUSE_SECONDS
                    await asyncio.sleep(wait)
                if wait > 0:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), wait)
        finally:
            await self._end()

    async def _end(self) -> None:
        if ending := {*self._in_flight, *([] if self._flushing is None else [self._flushing])}:
            await asyncio.wait(ending, timeout=END_SECONDS)
        for task in self._in_flight:
            task.cancel()
        with suppress(PyMongoError):  # then another worker sends some messages once more
            if not self.lost:
                await self._flush()
        await self._attempt.close()

    async def _turn(self) -> float:
        """Do all that can be done now; return the seconds to wait for."""
        await self._adopt_news()
        if self._news is not None:
            return LOOK_SECONDS  # attempts in hand end first, and wake it
        if self._flushing is None:
            await self._load()
        if self._is_dirty and monotonic() >= self._flush_at:
            self._begin_flush()
        if self.lost or self.webhook.state != "active" or not self._valid():
            return LOOK_SECONDS if not self._backlog.unwritten else FLUSH_SECONDS
        if self._owner is None:
            await self._finish(STOPPED)
            return FLUSH_SECONDS
        more = await self._fill()
        await self._start()
        return 0.0 if more else self._pause()

    @property
    def _is_dirty(self) -> bool:
        return bool(self._backlog.unwritten) or self._backlog.queue.floor(self._position) != self._stored

    def _pause(self) -> float:
        waits = [LOOK_SECONDS]
        if self._loading.has_work and self._flushing is None:
            waits.append(LOAD_SECONDS)
        if self._is_dirty and self._flushing is None:
            waits.append(max(0.01, self._flush_at - monotonic()))
        now, due, held = self._now(), self._backlog.queue.next_due(), self.condition.held_until
        if held is not None and held > now:
            waits.append(max(0.01, (held - now).total_seconds()))
        elif due is not None and len(self._in_flight) < CONNECTIONS and not self.condition.troubled:
            waits.append(max(0.01, (due - now).total_seconds()))
        return min(waits)

    # ---- news ----------------------------------------------------------------------------------------------

    async def _adopt_news(self) -> None:
        if self._news is None:
            return
        webhook, owner = self._news
        if webhook.version < self.webhook.version:
            self._news = None  # it was read before our own change
            return
        moved = (webhook.url, webhook.secrets) != (self.webhook.url, self.webhook.secrets)
        busy = self._in_flight or self._flushing is not None
        if busy and (moved or webhook.replays != self.webhook.replays):
            return  # their ends wake it
        if webhook.replays != self.webhook.replays:
            await self._holding.log([delivery for delivery, _ in self._backlog.unwritten.values()])
            self._begin(webhook)
        known, self.webhook, self._owner, self._news = self.webhook, webhook, owner, None
        if webhook.requeued != known.requeued:
            self._loading.begin_again()
        if webhook.version != known.version:
            self.condition = Condition.of(webhook)
        if moved:
            await self._attempt.renew(webhook)

    async def _load(self) -> None:
        """Take up waiting deliveries of the store that it does not know yet."""
        if self.webhook.epoch != self.head.epoch:
            # After a restore: the feed goes on from an earlier place under another name.
            self._position = min(self._position, self.head.last)
        for test in await self._loading.load({pending.delivery_id for pending in self._in_flight.values()}):
            self._launch(test)  # at once, in any condition of the endpoint

    # ---- reading -------------------------------------------------------------------------------------------

    async def _fill(self) -> bool:
        """Queue the next events of the feed; return whether there may be more at once."""
        queue = self._backlog.queue
        # In trouble it reads until there are other subjects to try: the fault may be one message's alone.
        full = not self._backlog.has_room_for_any or (self.condition.troubled and queue.subjects >= CONNECTIONS)
        # Not before the store's are known: an earlier event of the same subject may be among them.
        if full or not self._loading.is_complete or self._position >= self.head.last:
            return False
        events = await self._window.read(self._position, self.head.last)
        if not events:
            return False
        for event in events:
            if self._owner is not None and self.webhook.shows(self._owner, event.type, event.area):
                self._backlog.add_event(event)
            self._position = event.position
        return self._position < self.head.last

    # ---- sending -------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        now = self._now()
        if self.condition.is_held(now):
            return
        most = 1 if self.condition.troubled else CONNECTIONS
        while len(self._in_flight) < most and self._valid():
            # In trouble a single message is the probe, whenever it is due itself.
            probing, queue = self.condition.troubled, self._backlog.queue
            if (pending := queue.take_probe() if probing else queue.take(now)) is None:
                return
            self._launch(pending)

    def _launch(self, pending: Pending) -> None:
        task = asyncio.create_task(self._deliver(pending))
        self._in_flight[task] = pending
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.pop(task, None)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # A fault of ours: the worker takes it up again from the store.
            get_logger().error("webhook_attempt_failed", webhook=self.webhook.id, error=describe(error))
            self.lost = True

    async def _deliver(self, pending: Pending) -> None:
        if pending.event is None and not pending.test:
            try:
                pending.event = (await self._window.at([pending.position])).get(pending.position)
            except PyMongoError:
                pending.due = self._now() + timedelta(seconds=STORE_PAUSE_SECONDS)
                self._backlog.queue.put_back(pending)
                return
        outcome = await self._attempt.make(self.webhook, self._owner, pending, self.condition)
        self._backlog.settle(pending, outcome, self.condition)

    # ---- writing -------------------------------------------------------------------------------------------

    def _begin_flush(self) -> None:
        """Store log and cursor while messages are sent: a majority may take longer than a message."""
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
            self._flushing.add_done_callback(self._flushed)

    def _flushed(self, task: asyncio.Task[None]) -> None:
        self._flushing = None
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            get_logger().warning("webhook_waits_for_store", webhook=self.webhook.id, error=describe(error))
            self._flush_at = monotonic() + STORE_PAUSE_SECONDS
            self.lost = self.lost or not isinstance(error, PyMongoError)

    async def _flush(self) -> None:
        """Store the deliveries, and then the cursor."""
        self._flush_at = monotonic() + FLUSH_SECONDS
        # The place before the first wait: messages that end meanwhile come with the next flush, and hold the cursor.
        written = self._backlog.take_unwritten()
        floor = self._backlog.queue.floor(self._position)
        try:
            await self._holding.log([delivery for delivery, _ in written.values()])
        except PyMongoError:
            self._backlog.put_back(written)
            raise
        # Events that are not sent cost a write seldom: reading them once more does no harm.
        if written or (floor != self._stored and monotonic() >= self._save_at):
            await self._save(floor)

    async def _save(self, floor: int) -> None:
        place = {"position": floor, "epoch": self.head.epoch}
        if not await self._holding.save(self.webhook, place, self.condition.fields()):
            # Either another worker has it, or its place was set by hand, which comes as news.
            self.lost = not await self._is_replayed()
            return
        self._stored, self._save_at = floor, monotonic() + SAVE_SECONDS
        failed = self.condition.last_failure
        if self.condition.failing_since is None or failed is None or self.webhook.state != "active":
            return
        if failed.code == ENDED.reason:
            await self._finish(ENDED)
        elif self.condition.is_given_up(self._now()):
            await self._finish(DISABLED)

    async def _is_replayed(self) -> bool:
        now = (await self._holding.read([self.webhook.id])).get(self.webhook.id)
        return now is not None and now.replays != self.webhook.replays

    async def _finish(self, ending: WebhookEnding) -> None:
        """Send nothing more until the owner resumes it."""
        await self._holding.end(self.webhook, ending)
        get_logger().warning("webhook_ends", webhook=self.webhook.id, state=ending.state, reason=ending.reason)
        self.webhook = self.webhook.model_copy(update={"state": ending.state, "version": self.webhook.version + 1})
