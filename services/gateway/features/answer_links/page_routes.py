"""The page of an answer link, at `/a/{token}`: GET shows and changes nothing, POST acts. Nobody needs a key.

The token is hashed here at once: queries, commands, logs and traces have the hash or nothing.
"""

import re
import secrets
from math import ceil
from time import monotonic
from typing import Annotated, Final, cast, get_args
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.answer_links.page import HEADERS, Form, Place, write_message, write_offer
from services.gateway.features.needs.view import NeedView
from services.gateway.features.network import StationView
from services.gateway.http.bodies import read_body
from services.gateway.http.language import words
from services.gateway.http.problems import Problem
from services.gateway.messaging.commands import Origin
from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.stations.areas import ReadArea
from shared.contracts.volunteering.answer_links import (
    TOKEN_PATTERN,
    AnswerByLink,
    LinkAction,
    LinkedDispatch,
    ReadAnswerLink,
    has_ended,
    hash_token,
    list_actions,
)
from shared.words import Wording

router = APIRouter(include_in_schema=False)
MOST_BYTES: Final = 2048
"""Bytes of a form: its own have a hundred."""
MOST_FIELDS: Final = 8
_PATH: Final = "/a/{token}"
_TOKEN: Final = re.compile(TOKEN_PATTERN)
_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION: Final = re.compile(r"[0-9]{1,9}")
_LINK_DIGITS: Final = 32
_RETRY_SECONDS: Final = 60


class _Page(Exception):  # noqa: N818 - an answer, and no error
    """Ends a request with a page that has nothing to answer; `name` begins the codes of its words."""

    def __init__(self, status: int, name: str, title: str, retry: int = 0) -> None:
        super().__init__(name)
        self.status, self.name, self.title, self.retry = status, name, title, retry


_UNKNOWN: Final = (404, "link_unknown", "link_unknown_title")
_ENDED: Final = (410, "link_over", "link_ended_title")
_LATER: Final = (503, "come_again", "come_again_title", _RETRY_SECONDS)


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _wording(request: Request) -> Wording:
    """The words of the language that the address asks for, else those of Accept-Language."""
    asked = request.query_params.get("lang", "")
    wording: Wording = request.app.state.wordings.get(asked, words())
    request.scope["state"]["language"] = wording.language
    return wording


TheWording = Annotated[Wording, Depends(_wording)]


@router.get(_PATH)
async def show_link(request: Request, token: str, backend: TheBackend, wording: TheWording) -> Response:
    """Show the dispatch of the link, and the acts that are open."""
    notice = wording.page("answer_recorded") if "done" in request.query_params else ""
    try:
        link_id = _identify(request, token)
        return await _show(backend, link_id, wording, notice=notice)
    except _Page as page:
        return _end(page, wording, notice if page.status == _ENDED[0] else "")


@router.post(_PATH)
async def act_by_link(request: Request, token: str, backend: TheBackend, wording: TheWording) -> Response:
    """Act as the volunteer of the link, then lead back to its page. The same form, sent twice, acts once."""
    try:
        link_id = _identify(request, token)
        _refuse_other_sites(request)
        form = await _read_form(request)
        wording = request.app.state.wordings.get(form.get("lang", ""), wording)
        request.scope["state"]["language"] = wording.language
        try:
            await _act(request, backend, link_id, form)
        except Refused as refusal:
            return await _show_refusal(backend, link_id, refusal, wording)
    except _Page as page:
        return _end(page, wording)
    # Relative: a proxy may have put the gateway under another host or path.
    return RedirectResponse(f"{token}?lang={wording.language}&done", status_code=303, headers=dict(HEADERS))


def _identify(request: Request, token: str) -> str:
    """Return the id of the link. Raises _Page beyond the rate, and for any other text than a token."""
    address = request.client.host if request.client else ""
    if wait := request.app.state.answer_rates.take(address, monotonic()):
        raise _Page(429, "too_many", "too_many_title", ceil(wait))
    if _TOKEN.fullmatch(token) is None:
        raise _Page(*_UNKNOWN)
    return hash_token(token)


def _refuse_other_sites(request: Request) -> None:
    """Raise _Page for a form of another site. Without a referrer a browser names the origin of its own forms `null`."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    own = origin == "null" or origin.partition("://")[2] == request.headers.get("host")
    if not own if site is None else site != "same-origin":
        raise _Page(403, "not_from_here", "not_from_here_title")


async def _read_form(request: Request) -> dict[str, str]:
    """Return the fields of the form, each once. Raises _Page for anything that the page would not send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise _Page(415, "not_from_here", "not_from_here_title")
    try:
        raw = await read_body(request, MOST_BYTES)
        fields = parse_qs(raw.decode(), strict_parsing=True, max_num_fields=MOST_FIELDS)
    except Problem as problem:
        raise _Page(problem.status, "not_from_here", "not_from_here_title") from None
    except ValueError:
        raise _Page(422, "not_from_here", "not_from_here_title") from None
    form = {name: values[0] for name, values in fields.items() if len(values) == 1}
    known = form.get("act") in get_args(LinkAction) and _ONCE.fullmatch(form.get("once", ""))
    if not known or _VERSION.fullmatch(form.get("version", "")) is None:
        raise _Page(422, "not_from_here", "not_from_here_title")
    return form


async def _act(request: Request, backend: Backend, link_id: str, form: dict[str, str]) -> None:
    action = cast("LinkAction", form["act"])
    command = AnswerByLink(link_id=link_id, action=action, expected_version=int(form["version"]))
    state = request.scope["state"]
    key = f"{action}.{form['version']}.{form['once']}"
    await backend.commands.send(
        command, LinkedDispatch, Origin(_holder(link_id), "POST", _PATH, key, state["correlation"], state=state)
    )


def _holder(link_id: str) -> Actor:
    """Return the holder of a link as an actor: the id says that the link alone is known, which gives all rights."""
    return Actor(kind="person", id=f"link:{link_id[:_LINK_DIGITS]}", roles=("link",))


async def _show_refusal(backend: Backend, link_id: str, refusal: Refused, wording: Wording) -> Response:
    if refusal.code == "not_found":
        raise _Page(*_UNKNOWN)
    if refusal.rule == "link_ended":
        raise _Page(*_ENDED)
    if refusal.status >= 500:
        raise _Page(*_LATER)
    changed = refusal.code == "version_mismatch"
    notice = wording.page("changed_meanwhile") if changed else wording.sentence(refusal.rule, refusal.values)
    return await _show(backend, link_id, wording, notice=notice, status=refusal.status)


async def _show(backend: Backend, link_id: str, wording: Wording, *, notice: str, status: int = 200) -> Response:
    try:
        linked = await backend.queries.ask(ReadAnswerLink(link_id=link_id))
    except Refused:
        raise _Page(*_LATER) from None
    if linked is None:
        raise _Page(*_UNKNOWN)
    now = backend.clock.city()
    if has_ended(linked, now):
        raise _Page(*_ENDED)
    form = Form(list_actions(linked, now), secrets.token_urlsafe(12))
    place = await _find_place(backend, linked, _holder(link_id))
    return HTMLResponse(write_offer(linked, place, form, wording, notice), status, headers=dict(HEADERS))


async def _find_place(backend: Backend, linked: LinkedDispatch, holder: Actor) -> Place:
    """Return the station and the area of the need, as far as they are known now: the offer can be answered without."""
    try:
        need = await backend.views.one(NeedView, linked.need_id, holder)
        station = None if need is None else await backend.views.one(StationView, need.station_id, holder)
        area = None if backend.queries.silent("stations") else await backend.queries.ask(ReadArea(code=linked.area))
    except (Problem, Refused):  # a view that is built for the first time, a service that is away
        return Place()
    name = "" if station is None else str(station.shape["name"])
    around = () if area is None else (area, *area.within)
    return Place(name, [each.name for each in around if each.name])


def _end(page: _Page, wording: Wording, notice: str = "") -> Response:
    document = write_message(wording.page(page.title), wording.page(page.name), wording, notice)
    headers = {**HEADERS, "Retry-After": str(page.retry)} if page.retry else dict(HEADERS)
    return HTMLResponse(document, page.status, headers=headers)
