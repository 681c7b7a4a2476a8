"""The webhooks that a caller reaches, and the means to change them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from services.gateway.access.grants import acts_by_key
from services.gateway.backend import TheBackend
from services.gateway.deliveries.records import Delivery, SealedSecret, Webhook, secret_place
from services.gateway.deliveries.store import Webhooks
from services.gateway.endpoint_addresses import AddressRefusedError, check_target, read_target
from services.gateway.http.documented import may_answer
from services.gateway.http.problems import Problem, not_found
from services.gateway.messaging.commands import Origin
from services.gateway.reading.stopped_webhooks import reach
from services.gateway.settings import GatewaySettings
from shared.contracts.access import Actor
from shared.contracts.messages import EVENTS
from shared.runtime.audit import build_row
from shared.runtime.clock import Clock
from shared.runtime.vault import Vault
from shared.runtime.webhook_signatures import new_secret


@dataclass(frozen=True, slots=True)
class Hooks:
    """The store of the webhooks, and the gateway's settings about them."""

    store: Webhooks
    settings: GatewaySettings
    clock: Clock

    @property
    def now(self) -> datetime:
        """The time of the store, which the workers go by, too."""
        return self.clock.machine()

    async def find(self, caller: Actor, webhook_id: str) -> Webhook:
        """Return a webhook of the caller's principal; for those who manage keys of every principal.

        One query contains the principal and the area. Raises Problem (404).
        """
        found = await self.store.find(webhook_id, reach(caller))
        if found is None:
            raise not_found("webhook", webhook_id)
        return found

    async def find_delivery(self, webhook: Webhook, delivery_id: str) -> Delivery:
        """Return a delivery of the webhook. Raises Problem (404)."""
        found = await self.store.delivery(webhook.id, delivery_id)
        if found is None:
            raise not_found("delivery", delivery_id)
        return found

    async def change(
        self,
        caller: Actor,
        correlation: str,
        webhook: Webhook,
        act: str,
        *,
        raised: tuple[str, ...] = (),
        **fields: Any,
    ) -> Webhook:
        """Change fields of a webhook with a row in the audit. Raises Problem (409) where another was first."""
        areas = [webhook.area] if webhook.area else []
        audited = build_row(caller, act, [webhook.id], self.now, areas=areas, correlation=correlation)
        changed = await self.store.change(webhook, fields, audited, raised=raised)
        if changed is None:
            raise Problem(409, "conflict", "webhook_changed_meanwhile")
        return changed

    async def record(self, origin: Origin, webhook: Webhook, act: str) -> None:
        """Record an act that changes deliveries alone."""
        areas = [webhook.area] if webhook.area else []
        await self.store.record(
            build_row(origin.actor, act, [webhook.id], self.now, areas=areas, correlation=origin.correlation)
        )

    def check_url(self, url: str) -> None:
        """Raise Problem (422) for a URL that webhooks may not lead to."""
        try:
            check_target(read_target(url), self.settings.allowed_webhook_networks)
        except AddressRefusedError as error:
            raise Problem(422, "invalid", error.rule, field="url") from None

    def seal_new(self, webhook_id: str) -> tuple[str, SealedSecret]:
        """Return a new secret, and the same sealed for its webhook. Raises Problem (503) without the key for it."""
        if self.settings.webhook_key is None:
            raise Problem(503, "unavailable", "webhooks_not_set_up", headers={"Retry-After": "60"})
        secret, vault = new_secret(), Vault(self.settings.webhook_key, "webhooks")
        return secret, SealedSecret(sealed=vault.seal(secret, *secret_place(webhook_id)))


def acting_key(caller: Actor, webhook: Webhook) -> str:
    """Return the key that the webhook acts by after a change: the caller's, where it is one of the same principal.

    An administrator who mends the webhook of others leaves its key: their endpoint sees no more than they may. So does
    a caller with a token.
    """
    own = caller.principal == webhook.principal and acts_by_key(caller)
    return caller.id if own else webhook.key_id


def require_key(caller: Actor) -> None:
    """Raise Problem (403) for a caller with a token: a webhook outlives it, and ends with the key that it has."""
    if not acts_by_key(caller):
        raise Problem(403, "not_allowed", "webhook_needs_key")


def check_types(types: tuple[str, ...]) -> None:
    """Raise Problem (422) for a type, or a beginning of types, that no event has."""
    for nth, pattern in enumerate(types):
        start = pattern.removesuffix("*")
        known = any(kind.startswith(start) for kind in EVENTS) if start != pattern else pattern in EVENTS
        if not known:
            raise Problem(422, "invalid", "unknown_event_type", field=f"types.{nth}", type=pattern)


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
@may_answer(503)
async def _hooks(request: Request, backend: TheBackend) -> Hooks:
    return Hooks(Webhooks(backend.database), request.app.state.settings, backend.clock)


TheHooks = Annotated[Hooks, Depends(_hooks)]
