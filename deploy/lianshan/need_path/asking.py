"""What the gateway knows of a need, without a word about people."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import httpx

SECONDS: Final = 30.0
MOST_PAGES: Final = 20

Json = dict[str, Any]


class TraceError(RuntimeError):
    """The path cannot be told; the message says why and what to do."""


@dataclass(frozen=True)
class Known:
    """The need as read, its events in order, its dispatches; `notes` say what is missing of it."""

    need: Json
    items: list[Json]
    dispatches: list[Json]
    notes: list[str] = field(default_factory=list)


def ask(gateway_url: str, token: str, need_id: str) -> Known:
    """Everything about the need. Raises TraceError."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=gateway_url, headers=headers, timeout=SECONDS) as client:
            return _ask(client, need_id)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TraceError(
            f"the gateway at {gateway_url} does not answer ({type(error).__name__}): see `lianshan status`."
        ) from error


def _ask(client: httpx.Client, need_id: str) -> Known:
    notes: list[str] = []
    path = f"/v1/needs/{quote(need_id, safe='')}"
    try:
        need = _read(client, path, {"text": "false", "explain": "true"}, need_id)
    except TraceError as error:
        need = _read(client, path, {"text": "false"}, need_id)
        notes.append(f"the parts of the score are missing: {error}")
    items = list(_read(client, f"{path}/events", {}, need_id)["items"])
    if len(items) < len(need["timeline"]):
        notes.append(f"{len(need['timeline']) - len(items)} older events are in the timeline only")
    return Known(need, items, _dispatches(client, need_id, notes), notes)


def _dispatches(client: httpx.Client, need_id: str, notes: list[str]) -> list[Json]:
    found: list[Json] = []
    asked = {"need_id": need_id, "limit": "200"}
    for _ in range(MOST_PAGES):
        page = _read(client, "/v1/dispatches", asked, need_id)
        found += page["items"]
        if page["next"] is None:
            return found
        asked["after"] = page["next"]
    notes.append(f"of the dispatches the latest {len(found)} are shown")
    return found


def _read(client: httpx.Client, path: str, asked: dict[str, str], need_id: str) -> Json:
    answer = client.get(path, params=asked)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise TraceError(f"there is no need {need_id}: check the id.")
    try:
        body: Json = answer.json()
    except ValueError:
        raise TraceError(f"what answers at {client.base_url} is no gateway: check LIANSHAN_GATEWAY_URL.") from None
    if answer.is_success:
        return body
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise TraceError(f"the gateway does not accept this key: check LIANSHAN_ADMIN_TOKEN. {body.get('detail', '')}")
    raise TraceError(str(body.get("detail") or f"the gateway answered {answer.status_code}."))
