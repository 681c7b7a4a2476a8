"""Views as the API gives them back: plain dictionaries, DESIGN §6's names, no words about people unless given."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]
Text = Mapping[str, Any]

STORY: Final = frozenset({"resources", "staffing", "timeline"})
"""What lists leave out."""
_OPEN: Final = ("published", "in_service")


def station_as_read(view: Json) -> Json:
    return {**_base(view), **_some(view, "area", "name", "level", "opened_at")}


def fund_as_read(view: Json, accounts: Sequence[Json]) -> Json:
    """With what it holds, in fen; an account's fen are in the fund once posted, reserved while promised to a need."""
    balance = sum(account["balance"] for account in accounts)
    reserved = sum(account["reserved"] for account in accounts)
    money = {"balance_fen": balance, "reserved_fen": reserved, "available_fen": balance - reserved}
    return {**_base(view), **_some(view, "area", "name", "opened_at"), **money}


def donor_as_read(view: Json, who: Text | None) -> Json:
    who = who or {}
    return {**_base(view), "registered_at": view["registered_at"], "name": who.get("name"), "phone": who.get("phone")}


def donation_as_read(view: Json) -> Json:
    fields = _some(view, "area", "station_id", "fund_id", "donor_id", "goods", "services", "amount_fen", "received_at")
    return {**_base(view), **fields}


def stock_as_read(view: Json) -> Json:
    """An account by what it holds: goods in units, sessions of a service, or fen."""
    kind, item, unit = _commodity(view["commodity"])
    holder = "fund_id" if kind == "money" else "station_id"
    return {
        **_base(view),
        holder: view["holder_id"],
        **_some(view, "area", "commodity"),
        "kind": kind,
        "item": item,
        "unit": unit,
        **_some(view, "balance", "reserved"),
        "available": view["balance"] - view["reserved"],
    }


def volunteer_as_read(view: Json, who: Text | None) -> Json:
    fields = _some(view, "area", "skills", "languages", "standing_acceptance", "registered_at")
    told = _some(dict(who or {}), "name", "phone", "location", "birth_year", "availability")
    return {**_base(view), **fields, **told}


def dispatch_as_read(view: Json) -> Json:
    return {**_base(view), **_some(view, "need_id", "volunteer_id", "area", "state"), **view["part"]}


def balance_as_read(view: Json) -> Json:
    return {
        "volunteer_id": view["_id"],
        "version": view["seen"],
        **_some(view, "area", "balance_minutes", "credited_at"),
    }


def need_as_read(view: Json, text: Text | None, *, whole: bool = True) -> Json:
    """A need with what the three services know of it; `whole` adds the story and every ring that was tried."""
    asked, text = view["need"], text or {}
    read = {
        **_base(view),
        **_some(view, "state", "station_id", "area", "urgency"),
        "title": text.get("title"),
        **_some(asked, "theme", "score", "due", "place"),
        "location": text.get("location"),
        "beneficiaries": {"count": asked["beneficiaries"], "groups": asked["beneficiary_groups"]},
        "lines": _lines(view, text.get("purposes") or {}),
        "volunteers": _volunteers(view),
        "published_at": asked["published_at"],
        "waiting": _waiting(view),
    }
    words = {k: text[k] for k in ("cancel_reason", "confirm_note", "evaluation_comment") if k in text}
    return {**read, **words, **_story(view)} if whole else {**read, **words}


def need_from_owner(answer: Json, text: Text | None) -> Json:
    """A need as stations answered a command, in the form of `need_as_read`: for when the view is late."""
    inner = ("severity", "score_parts", "rating")
    read = {name: value for name, value in answer.items() if name not in inner}
    volunteers = answer["volunteers"] and {**answer["volunteers"], "offered": 0}
    timeline = [
        {"at": step["at"], "what": f"stations.need.{step['state']}", "detail": ""} for step in answer["timeline"]
    ]
    published = [step["at"] for step in answer["timeline"] if step["state"] == "published"]
    late = {"volunteers": volunteers, "published_at": published[0] if published else None, "timeline": timeline}
    words = _some(dict(text or {}), "title", "location")
    return {**read, **late, **words, "resources": None, "staffing": None}


def _story(view: Json) -> Json:
    timeline = [_some(entry, "at", "what", "detail") for entry in view["timeline"]]
    parts = {"resources": view["link"], "staffing": view["staffing"]}
    told = {name: {k: v for k, v in part.items() if k != "waiting"} or None for name, part in parts.items()}
    return {**told, "timeline": timeline}


def _lines(view: Json, purposes: Mapping[str, str]) -> list[Json]:
    amounts = {amount["line_id"]: amount for amount in view["link"].get("amounts", ())}
    return [_line(line, amounts.get(line["id"], {}), purposes.get(line["id"])) for line in view["need"]["lines"]]


def _line(line: Json, amount: Json, purpose: str | None) -> Json:
    read: Json = {"id": line["id"], "kind": line["kind"]}
    if line["kind"] == "money":
        read |= {"amount_fen": line["requested"], "purpose": purpose}
    else:
        read |= {"item": line["item"], "quantity": line["requested"]}
    if line["kind"] == "goods":
        read["unit"] = line["unit"]
    done = {"committed": amount.get("committed", 0), "fulfilled": amount.get("fulfilled", 0)}
    return {**read, "requested": line["requested"], **done}


def _volunteers(view: Json) -> Json | None:
    asked, staffing = view["need"]["volunteers"], view["staffing"]
    if asked is None:
        return None
    return {**asked, "confirmed": staffing.get("confirmed", 0), "offered": staffing.get("offered", 0)}


def _waiting(view: Json) -> list[Json]:
    """Why an open need is not served yet, and what happens next (L1)."""
    if view["state"] not in _OPEN:
        return []
    waiting: list[Json] = []
    if view["need"]["lines"] and not view["link"]:
        waiting.append(_unanswered("resources", "the charity service"))
    if view["need"]["volunteers"] is not None and not view["staffing"]:
        waiting.append(_unanswered("volunteers", "the volunteering service"))
    return [*waiting, *view["link"].get("waiting", ()), *view["staffing"].get("waiting", ())]


def _unanswered(for_what: str, who: str) -> Json:
    return {
        "for_what": for_what,
        "reason": f"{who} has not answered yet",
        "next_step": "its answer is shown on arrival",
    }


def _commodity(name: str) -> tuple[str, str | None, str | None]:
    """`goods:rice:bag` → goods, rice, bag. An item may hold colons itself, a unit may not be told from it then."""
    if name == "CNY":
        return "money", None, None
    kind, _, rest = name.partition(":")
    if kind == "goods":
        item, _, unit = rest.rpartition(":")
        return kind, item, unit
    return kind, rest, None


def _base(view: Json) -> Json:
    return {"id": view["_id"], "version": view["seen"]}


def _some(source: Json, *names: str) -> Json:
    return {name: source.get(name) for name in names}
