"""The page of an answer link as HTML: plain, without scripts, fetching nothing, readable at 360 px. Pure."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Final

from shared.contracts.volunteering.answer_links import LinkAction, LinkedDispatch
from shared.words import LANGUAGES, Language, Wording

_STYLE: Final = (
    "body{font:18px/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:32em;margin:0 auto;padding:1em}"
    "h1{font-size:1.4em;margin:.5em 0}dt{color:#555;font-size:.9em}dd{margin:0 0 .6em;overflow-wrap:anywhere}"
    "button{font:inherit;width:100%;min-height:48px;margin:.4em 0;border:2px solid #0b5a8a;border-radius:8px;"
    "background:#fff;color:#0b5a8a;cursor:pointer}button.first{background:#0b5a8a;color:#fff}"
    "button:focus-visible,a:focus-visible{outline:3px solid #b35900;outline-offset:2px}"
    ".notice{border-left:4px solid #0b5a8a;padding:.3em .8em;background:#eef5fa}"
    "nav{text-align:right}a{color:#0b5a8a;display:inline-block;padding:.6em}"
)
_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""Of every answer at `/a/`: nobody keeps it, learns its address from a referrer, lists it or frames it."""
_TAGS: Final[Mapping[Language, str]] = {"en": "en", "zh": "zh-CN"}
_NAMES: Final[Mapping[Language, str]] = {"en": "English", "zh": "中文"}


@dataclass(frozen=True, slots=True)
class Place:
    """The station's name and the names of its areas, nearest first; empty where they are not known now."""

    station: str = ""
    areas: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a page: the acts that are open, and a word by which a repeated sending is recognised."""

    actions: Sequence[LinkAction]
    once: str


def write_offer(linked: LinkedDispatch, place: Place, form: Form, wording: Wording, notice: str = "") -> str:
    """Return the page of a dispatch; `notice` is a sentence above it."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in _facts(linked, place, wording))
    parts = [_notice(notice), f"<p>{_state(linked, wording)}</p>", f"<dl>{facts}</dl>", *_hints(linked, form, wording)]
    if form.actions:
        parts.append(_write_form(linked, form, wording))
    return _write(wording, wording.page("offer_title"), parts)


def write_message(title: str, sentence: str, wording: Wording, notice: str = "") -> str:
    """Return a page that has nothing to answer: an unknown or ended link, or a reason to come again."""
    return _write(wording, title, [_notice(notice), f"<p>{escape(sentence)}</p>"])


def _write(wording: Wording, title: str, parts: Sequence[str]) -> str:
    (other,) = (language for language in LANGUAGES if language != wording.language)
    return (
        f'<!doctype html><html lang="{_TAGS[wording.language]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{_STYLE}</style></head><body>'
        f'<nav aria-label="{escape(wording.page("language"))}"><a href="?lang={other}" hreflang="{_TAGS[other]}" '
        f'lang="{_TAGS[other]}">{_NAMES[other]}</a></nav>'
        f"<main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>\n"
    )


def _notice(sentence: str) -> str:
    return f'<p class="notice" role="status">{escape(sentence)}</p>' if sentence else ""


def _state(linked: LinkedDispatch, wording: Wording) -> str:
    if linked.state == "checked_out":
        # Without minutes the volunteer has not checked out: a second person states the time.
        name = "offer_checked_out" if linked.minutes else "offer_time_open"
        return escape(wording.page(name, {"minutes": linked.minutes}))
    known = {"accepted": "offer_accepted", "checked_in": "offer_checked_in"}
    return escape(wording.page(known.get(linked.state, "offer_offered")))


def _facts(linked: LinkedDispatch, place: Place, wording: Wording) -> Sequence[tuple[str, str]]:
    minutes = int((linked.ends_at - linked.starts_at).total_seconds()) // 60
    areas = "".join(reversed(place.areas)) if wording.language == "zh" else ", ".join(place.areas)
    found = [
        ("station", place.station),
        ("place", areas),
        ("theme", wording.entry("theme", linked.theme) if linked.theme else ""),
        ("begins", wording.instant(linked.starts_at.isoformat())),
        ("length", wording.duration(minutes)),
    ]
    return [(wording.page(f"label_{name}"), text) for name, text in found if text]


def _hints(linked: LinkedDispatch, form: Form, wording: Wording) -> Sequence[str]:
    hints = []
    if linked.state == "offered" and linked.expires_at is not None:
        hints.append(wording.page("answer_by", {"at": linked.expires_at.isoformat()}))
    if linked.state == "accepted" and "check_in" not in form.actions:
        hints.append(wording.page("check_in_opens", {"at": linked.check_in_from.isoformat()}))
    if "not_me" in form.actions:
        hints.append(wording.page("not_me_means"))
    return [f"<p>{escape(hint)}</p>" for hint in hints]


def _write_form(linked: LinkedDispatch, form: Form, wording: Wording) -> str:
    """Return the form. Without an `action` it goes to the address of the page: the token is not repeated in it."""
    hidden = {"version": str(linked.version), "once": form.once, "lang": wording.language}
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    buttons = "".join(
        f'<button name="act" value="{action}"{" class=first" if nth == 0 else ""}>'
        f"{escape(wording.page(_button(action, linked)))}</button>"
        for nth, action in enumerate(form.actions)
    )
    return f'<form method="post">{fields}{buttons}</form>'


def _button(action: LinkAction, linked: LinkedDispatch) -> str:
    return "button_withdraw" if action == "decline" and linked.state != "offered" else f"button_{action}"
