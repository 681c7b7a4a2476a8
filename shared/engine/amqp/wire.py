"""Messages that come sealed for the service: opened in memory as they are handled, and nowhere before."""

from typing import Final

from shared.contracts.access.sealed import SEALED, command_context
from shared.contracts.messages import MAX_COMMAND_BYTES
from shared.contracts.refusals import Refused
from shared.contracts.subscriptions import ACTOR, BODY_DIGEST
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.frames import Properties
from shared.runtime.sealed_box import OVERHEAD_BYTES, BoxError, BoxOpener
from shared.runtime.vault import Vault, VaultError

MOST_BYTES: Final = MAX_COMMAND_BYTES + OVERHEAD_BYTES + 256
"""Of a sealed command: its digest stands in the box as well."""


def open_command(delivery: Delivery, vault: Vault | None) -> Delivery:
    """Return a sealed command as one that came in clear; any other message as it is.

    Raises Refused: `unavailable` where it is sealed for a key that the service does not have, so that its sender asks
    for the new one; `invalid` where it was changed, or moved to another message, type or actor.
    """
    headers = delivery.headers
    if SEALED not in headers:
        return delivery
    body, opened = open_body(delivery.body, delivery.properties, headers, vault)
    properties = {**delivery.properties, "application_headers": opened}
    came = delivery  # each field by hand: `replace` takes as long as opening
    return Delivery(
        came.queue, came.tag, body, properties, came.routing_key, came.redelivered, came.received, came.claim
    )


def open_body(
    body: bytes, properties: Properties, headers: Properties, vault: Vault | None
) -> tuple[bytes, Properties]:
    """Return the body of a sealed command, and its headers as they are in clear. Raises as `open_command` does."""
    if len(body) > MOST_BYTES:
        raise Refused("invalid", "command_too_large", size=len(body), limit=MAX_COMMAND_BYTES)
    if vault is None:
        raise Refused("invalid", "sealed_not_openable")
    kind, message_id = str(properties.get("type", "")), str(properties.get("message_id", ""))
    context = command_context(vault.service, kind, message_id, str(headers.get(ACTOR, "")))
    _, content = open_sealed(body, str(headers[SEALED]), context, vault)
    digest, _, command = content.partition(b"\n")
    opened = {**headers, BODY_DIGEST: digest.decode(errors="replace")}
    del opened[SEALED]
    return command, opened


def open_sealed(box: bytes, key_id: str, context: bytes, vault: Vault) -> tuple[BoxOpener, bytes]:
    """Return the content of a box for the service, and its opener. Raises as `open_command` does."""
    try:
        key = vault.wire_key(key_id)
    except VaultError:
        raise Refused("unavailable", "sealed_for_former_key", service=vault.service) from None
    try:
        return key.opener, key.opener.open(box, context)
    except BoxError:
        raise Refused("invalid", "sealed_not_openable") from None
