"""The deliveries of a webhook: tested, listed, made again, and replayed from a place in the feed."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

import asyncio
from time import monotonic
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.deliveries.records import Delivery, DeliveryState, Webhook, delivery_id
from services.gateway.features.feed.cursors import read_cursor
from services.gateway.features.feed.reader import TheFeed
from services.gateway.features.webhooks.answer import (
    DeliveryAnswer,
    RedeliveryAnswer,
    WebhookListed,
    delivery_answer,
    webhook_listed,
)
from services.gateway.features.webhooks.owned import Hooks, TheHooks
from services.gateway.features.webhooks.request import ReplayIn
from services.gateway.features.webhooks.routes import Nothing, Owner
from services.gateway.http.answers import Listed
from services.gateway.http.bodies import EmptyBody, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, Limit, RequestOrigin, Several
from services.gateway.http.problems import Problem
from services.gateway.http.replies import reply
from services.gateway.reading.cursors import BadCursorError, encode_cursor
from services.gateway.reading.views import last_id

router = APIRouter(tags=["webhooks"])
TEST_TYPE: Final = "lianshan.webhook.tested"
TEST_SECONDS: Final = 5.0
"""How long a test waits for its first attempt."""
_LOOK_SECONDS: Final = 0.1
OneState = Annotated[Several[DeliveryState], Query(description="`waiting`, `delivered` or `undelivered`.")]


@router.post("/v1/webhooks/{webhook_id}/test", **describe(DeliveryAnswer, body=EmptyBody, optional=True))
@may_answer(404, 409)
async def send_test(
    webhook_id: str, caller: Owner, hooks: TheHooks, feed: TheFeed, origin: RequestOrigin, _body: Nothing
) -> Response:
    """Send a test message, signed like all others, of the type `lianshan.webhook.tested`.

    The answer shows the first attempt where that ends within five seconds; else look at the deliveries.
    """
    webhook = await hooks.find(caller, webhook_id)
    _check_active(webhook)
    name = f"test_{origin.message_id()[:20]}"
    test = await _find_repeated(hooks, webhook, name)
    if test is None:
        head = await feed.head()
        # Beside the events of this time in the log.
        test = Delivery(
            id=f"{delivery_id(webhook_id, head.last)}.{name}", webhook=webhook_id, position=head.last, test=True,
            event_id=name, type=TEST_TYPE, subject=webhook_id, state="waiting", due=hooks.now,
        )  # fmt: skip
        await hooks.record(origin, webhook, "TestWebhook")
        await hooks.store.add_test(test)
    return reply(delivery_answer(await _wait_for_attempt(hooks, test)))


async def _find_repeated(hooks: Hooks, webhook: Webhook, name: str) -> Delivery | None:
    """Return the test message of the last request, where this one repeats that."""
    last = webhook.last_requests.get("test", "")
    return await hooks.store.delivery(webhook.id, last) if last.endswith(f".{name}") else None


async def _wait_for_attempt(hooks: Hooks, test: Delivery) -> Delivery:
    until = monotonic() + TEST_SECONDS
    while monotonic() < until:
        found = await hooks.store.delivery(test.webhook, test.id)
        if found is None or found.attempts:
            return found or test
        await asyncio.sleep(_LOOK_SECONDS)
    return test


@router.get("/v1/webhooks/{webhook_id}/deliveries", **describe(Listed[DeliveryAnswer]))
@may_answer(404)
async def list_deliveries(
    webhook_id: str, caller: Owner, hooks: TheHooks, limit: Limit = 50, after: After = None, state: OneState = ()
) -> Response:
    """List the deliveries of a webhook, newest first: of delivered ones the last 10,000 of seven days.

    `state=waiting` and `state=undelivered` show all that the endpoint has not taken; the latter stay for 30 days.
    """
    await hooks.find(caller, webhook_id)
    before = None if after is None else last_id(after)
    found = await hooks.store.deliveries(webhook_id, state, before, limit + 1)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    items = [delivery_answer(delivery) for delivery in found[:limit]]
    return reply(Listed[DeliveryAnswer](items=items, next=following))


@router.post(
    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    **describe(DeliveryAnswer, body=EmptyBody, optional=True),
)
@may_answer(404, 409)
async def redeliver_one(
    webhook_id: str, delivery_id: str, caller: Owner, hooks: TheHooks, origin: RequestOrigin, _body: Nothing
) -> Response:
    """Deliver one message again, whether it had been taken or not; it may come after later ones of its subject."""
    webhook = await hooks.find(caller, webhook_id)
    _check_active(webhook)
    delivery = await hooks.find_delivery(webhook, delivery_id)
    if webhook.last_requests.get("redeliver") == origin.message_id():
        return reply(delivery_answer(delivery))
    await hooks.record(origin, webhook, "RedeliverWebhook")
    await hooks.store.put_one_back(webhook_id, delivery.id, hooks.now, origin.message_id())
    return reply(delivery_answer(await hooks.find_delivery(webhook, delivery_id)))


@router.post("/v1/webhooks/{webhook_id}/redeliver", **describe(RedeliveryAnswer, body=EmptyBody, optional=True))
@may_answer(404, 409)
async def redeliver_all(
    webhook_id: str, caller: Owner, hooks: TheHooks, origin: RequestOrigin, _body: Nothing
) -> Response:
    """Deliver again all that was given up, the oldest 1,000; repeat it while `count` is 1,000."""
    webhook = await hooks.find(caller, webhook_id)
    _check_active(webhook)
    await hooks.record(origin, webhook, "RedeliverWebhook")
    undelivered = await hooks.store.undelivered(webhook_id)
    return reply(RedeliveryAnswer(count=await hooks.store.put_back(webhook_id, undelivered, hooks.now)))


@router.post("/v1/webhooks/{webhook_id}/replay", **describe(WebhookListed, body=ReplayIn))
@may_answer(404, 409, 410)
async def replay_events(
    webhook_id: str, caller: Owner, hooks: TheHooks, feed: TheFeed, origin: RequestOrigin,
    asked: Annotated[ReplayIn, Depends(json_body(ReplayIn))],
) -> Response:  # fmt: skip
    """Send the events behind a cursor, or since a time, once more, each with its first `webhook-id`.

    410 for a cursor that no longer leads on, as for the feed, and for a time of which it does not keep every event.
    """
    webhook = await hooks.find(caller, webhook_id)
    if webhook.last_requests.get("replay") == origin.message_id():
        return reply(webhook_listed(webhook))
    head = await feed.head()
    position = await _place(hooks, feed, asked, head.last)
    changed = await hooks.change(
        caller, origin.correlation, webhook, "ReplayWebhook", raised=("replays",), epoch=head.epoch, position=position,
        last_requests={**webhook.last_requests, "replay": origin.message_id()},
    )  # fmt: skip
    return reply(webhook_listed(changed))


async def _place(hooks: Hooks, feed: TheFeed, asked: ReplayIn, last: int) -> int:
    if asked.since is not None:
        position = await hooks.store.position_at(asked.since, last)
        await feed.check_whole(position)
        return position
    try:
        cursor = read_cursor(str(asked.after))
    except BadCursorError:
        raise Problem(422, "invalid", "not_a_feed_cursor", field="after") from None
    await feed.check(cursor)
    return cursor.position


def _check_active(webhook: Webhook) -> None:
    if webhook.state != "active":
        raise Problem(409, "wrong_state", "webhook_not_active", state=webhook.state)
