"""The facts that the gateway has of a need, without a word about people.

The types name the fields that are read; the gateway answers with more.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NotRequired, TypedDict
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from shared.contracts.catalogue.entries import Entry, Kind
from shared.contracts.catalogue.matching import SHIPPED
from shared.words import Language

SECONDS: Final = 30.0
MAX_PAGES: Final = 20
PAGE: Final = 200
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

Json = dict[str, Any]
"""An object of JSON, before its fields are known."""


class WaitingPart(TypedDict):
    """An entry of a waiting list."""

    for_what: Json
    reason: Json
    next_step: Json


class NeedFacts(TypedDict):
    """The need as the gateway shows it."""

    id: str
    state: str
    area: str
    urgency: str
    score: int
    score_parts: NotRequired[Mapping[str, int] | None]
    waiting: Sequence[WaitingPart]
    lines: Sequence[Json]
    volunteers: NotRequired[Json | None]
    timeline: Sequence[Json]


class EventFacts(TypedDict):
    """An event, in the fields that its place in the path hangs on."""

    id: str
    source: str
    type: str
    time: str
    causationid: str
    traceparent: str
    data: Json


class FeedItem(TypedDict):
    """An item of the feed."""

    cursor: int
    event: EventFacts


class DispatchFacts(TypedDict):
    """A dispatch as the gateway shows it."""

    id: str
    state: str
    volunteer_id: str
    ring: str
    why: Json


class TraceError(RuntimeError):
    """The path cannot be shown; the message names the reason and the next step."""


@dataclass(frozen=True)
class Facts:
    """The need, its events in the order of the feed, its dispatches; `notes` say which parts are missing."""

    need: NeedFacts
    items: Sequence[FeedItem]
    dispatches: Sequence[DispatchFacts]
    entries: Sequence[Entry] = ()
    """The city's own entries of the catalogue that the need names."""
    notes: Sequence[str] = field(default_factory=list)


def fetch_facts(gateway_url: str, token: str, need_id: str, language: Language = "en") -> Facts:
    """Return the facts of the need. Raises TraceError."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
    try:
        with httpx.Client(base_url=gateway_url, headers=headers, timeout=SECONDS) as client:
            return _fetch(client, need_id)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TraceError(
            f"the gateway at {gateway_url} does not answer ({type(error).__name__}): see `lianshan status`."
        ) from error


def _fetch(client: httpx.Client, need_id: str) -> Facts:
    notes: list[str] = []
    path = f"/v1/needs/{quote(need_id, safe='')}"
    need: NeedFacts
    try:
        need = _get(client, path, {"text": "false", "explain": "true"}, need_id)
    except TraceError as error:
        # The parts of the score are asked of stations, which may be down; the path does without them.
        need = _get(client, path, {"text": "false"}, need_id)
        notes.append(f"the parts of the score are missing: {error}")
    items: list[FeedItem] = list(_get(client, f"{path}/events", {}, need_id)["items"])
    if len(items) < len(need["timeline"]):
        notes.append(f"{len(need['timeline']) - len(items)} older events are in the timeline only")
    return Facts(need, items, _fetch_dispatches(client, need_id, notes), _fetch_entries(client, need), notes)


def _fetch_entries(client: httpx.Client, need: NeedFacts) -> list[Entry]:
    """Return the entries that are not shipped; without their words the path shows the codes."""
    people: Json = need.get("volunteers") or {}
    named: set[tuple[Kind, str]] = {("item", line["item"]) for line in need["lines"] if line.get("item")}
    named |= {("skill", code) for code in people.get("skills", ())}
    named |= {("language", code) for code in people.get("languages", ())}
    found: list[Entry] = []
    for kind, code in sorted(named):
        if SHIPPED.get(kind, code) is not None:
            continue
        answer = client.get(f"/v1/catalogue/{kind}/{quote(code, safe='')}")
        with suppress(ValidationError):
            if answer.is_success:
                found.append(Entry.model_validate_json(answer.content, extra="ignore"))
    return found


def _fetch_dispatches(client: httpx.Client, need_id: str, notes: list[str]) -> list[DispatchFacts]:
    found: list[DispatchFacts] = []
    query = {"need_id": need_id, "limit": str(PAGE)}
    for _ in range(MAX_PAGES):
        page = _get(client, "/v1/dispatches", query, need_id)
        found += page["items"]
        if page["next"] is None:
            return found
        query["after"] = page["next"]
    notes.append(f"of the dispatches the latest {len(found)} are shown")
    return found


def _get(client: httpx.Client, path: str, query: Mapping[str, str], need_id: str) -> Any:
    answer = client.get(path, params=dict(query))
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise TraceError(f"there is no need {need_id}: check the id.")
    try:
        body: Json = answer.json()
    except ValueError:
        raise TraceError(f"the answer at {client.base_url} is not a gateway's: check LIANSHAN_GATEWAY_URL.") from None
    if answer.is_success:
        return body
    if answer.status_code in _REFUSED:
        raise TraceError(f"the gateway does not accept this key: check LIANSHAN_ADMIN_TOKEN. {body.get('detail', '')}")
    raise TraceError(str(body.get("detail") or f"the gateway answered {answer.status_code}."))
