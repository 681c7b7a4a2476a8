"""Webhooks: registered, changed, paused, tested and removed by the holders of keys."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.deliveries.records import PAUSED, Webhook
from services.gateway.features.webhooks.answer import (
    WebhookAnswer,
    WebhookListed,
    webhook_listed,
    webhook_with_secret,
)
from services.gateway.features.webhooks.owned import Hooks, TheHooks, acting_key, check_types, require_key
from services.gateway.features.webhooks.request import WebhookChange, WebhookIn
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import needs
from services.gateway.http.bodies import EmptyBody, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, ExpectedVersion, Limit, RequestOrigin
from services.gateway.http.problems import Problem
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.reading.areas import bounded_area
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.stopped_webhooks import reach
from services.gateway.reading.views import last_id
from shared.contracts.access import Actor
from shared.runtime.audit import build_row

router = APIRouter(tags=["webhooks"])
MOST_WEBHOOKS: Final = 20
"""Webhooks of one principal."""
Owner = Annotated[Actor, Depends(needs("webhooks:manage"))]
Nothing = Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))]


@router.post("/v1/webhooks", **describe(WebhookAnswer, body=WebhookIn, new=True))
@may_answer(409)
async def add_webhook(
    request: Request, caller: Owner, hooks: TheHooks, origin: RequestOrigin,
    asked: Annotated[WebhookIn, Depends(json_body(WebhookIn))],
) -> Response:  # fmt: skip
    """Have events sent to an endpoint from now on. Its secret is shown this once; a repeated request answers without.

    Messages are signed as Standard Webhooks has it; `webhook-id` is its source and id, by which repetitions are
    dropped. Those of one subject come in order.
    """
    require_key(caller)
    hooks.check_url(asked.url)
    check_types(asked.types)
    webhook_id = f"webhook_{origin.message_id()[:20]}"
    if (known := await hooks.store.find(webhook_id, reach(caller))) is not None:
        return _repeated(known, origin)
    if await hooks.store.count(caller.principal) >= MOST_WEBHOOKS:
        raise Problem(409, "conflict", "too_many_webhooks", limit=MOST_WEBHOOKS)
    secret, sealed = hooks.seal_new(webhook_id)
    now, head = hooks.now, await request.app.state.feed.head()
    webhook = Webhook(
        id=webhook_id, name=asked.name, url=asked.url, types=asked.types, area=bounded_area(caller, asked.area),
        form=asked.form, handshake=asked.handshake, key_id=caller.id, principal=caller.principal, created_at=now,
        fingerprint=origin.body_digest, secrets=(sealed,), epoch=head.epoch, position=head.last, until=now,
    )  # fmt: skip
    areas = [webhook.area] if webhook.area else []
    audited = build_row(caller, "AddWebhook", [webhook_id], now, areas=areas, correlation=origin.correlation)
    if await hooks.store.add(webhook, audited):
        return reply_created(webhook_with_secret(webhook, secret), f"/v1/webhooks/{webhook_id}")
    return _repeated(await hooks.find(caller, webhook_id), origin)


@router.get("/v1/webhooks", **describe(Listed[WebhookListed]))
async def list_webhooks(caller: Owner, hooks: TheHooks, limit: Limit = 50, after: After = None) -> Response:
    """List your webhooks; the administrator sees those of all."""
    found = await hooks.store.after(None if after is None else last_id(after), limit + 1, reach(caller))
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return reply(Listed[WebhookListed](items=[webhook_listed(webhook) for webhook in found[:limit]], next=following))


@router.get("/v1/webhooks/{webhook_id}", **describe(WebhookListed))
@may_answer(404)
async def read_webhook(webhook_id: str, caller: Owner, hooks: TheHooks) -> Response:
    """Show one webhook: its state, and whether its endpoint takes the messages."""
    return reply(webhook_listed(await hooks.find(caller, webhook_id)))


@router.patch("/v1/webhooks/{webhook_id}", **describe(WebhookListed, body=WebhookChange))
@may_answer(404, 409)
async def change_webhook(
    webhook_id: str, caller: Owner, hooks: TheHooks, origin: RequestOrigin, expected: ExpectedVersion,
    asked: Annotated[WebhookChange, Depends(json_body(WebhookChange))],
) -> Response:  # fmt: skip
    """Change a webhook, which acts by the key of this request from then on. An area of `null` is the key's own.

    The administrator leaves the key of a webhook of others.
    """
    webhook = await _find(hooks, caller, webhook_id, expected)
    fields = {name: value for name in asked.model_fields_set if (value := getattr(asked, name)) is not None}
    if "url" in fields:
        hooks.check_url(fields["url"])
    if "types" in fields:
        check_types(fields["types"])
    if "area" in asked.model_fields_set or not caller.reaches(webhook.area):
        fields["area"] = bounded_area(caller, asked.area)
    if {"url", "handshake"} & fields.keys():
        fields["greeted"] = False
    changed = await hooks.change(
        caller, origin.correlation, webhook, "ChangeWebhook", key_id=acting_key(caller, webhook), held_until=None,
        **fields,
    )  # fmt: skip
    return reply(webhook_listed(changed))


@router.post("/v1/webhooks/{webhook_id}/pause", **describe(WebhookListed, body=EmptyBody, optional=True))
@may_answer(404, 409)
async def pause_webhook(
    webhook_id: str, caller: Owner, hooks: TheHooks, origin: RequestOrigin, expected: ExpectedVersion, _body: Nothing
) -> Response:
    """Send nothing until it is resumed; it then goes on where it stood. Repeated, it changes nothing."""
    webhook = await _find(hooks, caller, webhook_id, expected)
    if webhook.state != "paused":
        webhook = await hooks.change(
            caller, origin.correlation, webhook, PAUSED.act, state=PAUSED.state, reason=PAUSED.reason, reason_args={}
        )
    return reply(webhook_listed(webhook))


@router.post("/v1/webhooks/{webhook_id}/resume", **describe(WebhookListed, body=EmptyBody, optional=True))
@may_answer(404, 409, 410)
async def resume_webhook(
    webhook_id: str, caller: Owner, hooks: TheHooks, origin: RequestOrigin, request: Request,
    expected: ExpectedVersion, _body: Nothing,
) -> Response:  # fmt: skip
    """Go on where it stood, by the key of this request, after any stop. Repeated, it changes nothing.

    The administrator leaves the key of a webhook of others; it stops again where that key is gone. 410 where the feed
    has swept events behind its place meanwhile: read the lists, replay from `args.start`, then resume.
    """
    webhook = await _find(hooks, caller, webhook_id, expected)
    if webhook.state != "active":
        await request.app.state.feed.check_whole(webhook.position)
        webhook = await hooks.change(
            caller, origin.correlation, webhook, "ResumeWebhook", raised=("requeued",), state="active", reason=None,
            reason_args={}, key_id=acting_key(caller, webhook), failing_since=None, held_until=None, stopped_at=None,
        )  # fmt: skip
    return reply(webhook_listed(webhook))


@router.post("/v1/webhooks/{webhook_id}/rotate-secret", **describe(WebhookAnswer, body=EmptyBody, optional=True))
@may_answer(404, 409)
async def rotate_secret(
    webhook_id: str, caller: Owner, hooks: TheHooks, origin: RequestOrigin, expected: ExpectedVersion, _body: Nothing
) -> Response:
    """Give the webhook a new secret. For a day each message is signed by the former one as well."""
    webhook = await hooks.find(caller, webhook_id)
    # Before its version, which the first request has changed.
    if webhook.last_requests.get("rotate") == origin.message_id():
        return reply(webhook_with_secret(webhook, None))
    _check_version(webhook, expected)
    secret, sealed = hooks.seal_new(webhook_id)
    changed = await hooks.change(
        caller, origin.correlation, webhook, "RotateWebhookSecret",
        secrets=[kept.model_dump() for kept in webhook.list_secrets_after(sealed, hooks.now)],
        last_requests={**webhook.last_requests, "rotate": origin.message_id()},
    )  # fmt: skip
    return reply(webhook_with_secret(changed, secret))


@router.delete("/v1/webhooks/{webhook_id}", status_code=204)
@may_answer(404)
async def remove_webhook(request: Request, webhook_id: str, caller: Owner, hooks: TheHooks) -> Response:
    """Remove a webhook with its log; nothing is sent to its endpoint any more."""
    webhook = await hooks.find(caller, webhook_id)
    correlation = request.scope["state"]["correlation"]
    areas = [webhook.area] if webhook.area else []
    audited = build_row(caller, "RemoveWebhook", [webhook_id], hooks.now, areas=areas, correlation=correlation)
    await hooks.store.remove(webhook, audited)
    return Response(status_code=204)


async def _find(hooks: Hooks, caller: Actor, webhook_id: str, expected: int | None) -> Webhook:
    """Return the webhook in the version that the caller expects. Raises Problem: 404, 412."""
    webhook = await hooks.find(caller, webhook_id)
    _check_version(webhook, expected)
    return webhook


def _check_version(webhook: Webhook, expected: int | None) -> None:
    if expected is not None and webhook.version != expected:
        raise Problem(
            412, "version_mismatch", "version_not_current", field="If-Match", kind="webhook", current=webhook.version,
            expected=expected,
        )  # fmt: skip


def _repeated(webhook: Webhook, origin: Origin) -> Response:
    if webhook.fingerprint != origin.body_digest:
        raise Problem(422, "idempotency_mismatch", "webhook_of_another_request", field="Idempotency-Key")
    return reply_created(webhook_with_secret(webhook, None), f"/v1/webhooks/{webhook.id}")
