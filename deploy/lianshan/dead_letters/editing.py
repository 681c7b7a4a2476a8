"""Another body for a dead letter: held to the contract, under the identity that it came with. Pure."""

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from pydantic import ValidationError

from deploy.lianshan.dead_letters.queues import Letter
from shared.contracts.envelope import CONTENT_TYPE, read_event
from shared.contracts.messages import COMMANDS, Timer

_IDENTITY: Final = {"event": ("id", "source", "type"), "timer": ("timer", "type"), "command": ()}
"""By these a message is known to have been handled or not, so they stay."""


class BadEditError(ValueError):
    """The body would not be understood, or would be another message; says which field and rule. Nothing is sent."""


def kind_of(letter: Letter) -> str:
    """`event`, `command` or `timer`."""
    if letter.timer is not None:
        return "timer"
    return "command" if letter.origin.endswith(".commands") else "event"


def changed(body: bytes, sets: Sequence[str], unsets: Sequence[str]) -> bytes:
    """The body with `path=value` set and paths removed; a path is names and numbers with dots between.

    A value is read as JSON where it is JSON, and as text otherwise; where text stands, digits stay text, as in a phone
    number. Raises BadEditError.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise BadEditError("the body is no JSON: give a whole one with --file") from None
    for given in sets:
        path, equals, text = given.partition("=")
        if not equals:
            raise BadEditError(f"--set {given}: write path=value, like data.lines.0.requested=3")
        holder, last = _holder(document, path)
        _put(holder, last, text, path)
    for path in unsets:
        holder, last = _holder(document, path)
        try:
            del holder[last]
        except (KeyError, IndexError):
            raise BadEditError(f"{path}: there is nothing to remove") from None
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def check(letter: Letter, body: bytes) -> dict[str, Any]:
    """Hold the body to its contract; the properties that it must be sent with. Raises BadEditError."""
    kind = kind_of(letter)
    try:
        document = json.loads(body)
    except ValueError as error:
        raise BadEditError(f"the body is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadEditError("the body is no JSON object")
    _same_message(letter, kind, document)
    try:
        return _CHECKS[kind](letter, body, document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise BadEditError(f"{where}: {first['msg']} (rule {first['type']})") from None


def _same_message(letter: Letter, kind: str, document: dict[str, Any]) -> None:
    try:
        before = json.loads(letter.body)
    except ValueError:
        return
    for name in _IDENTITY[kind] if isinstance(before, dict) else ():
        if name in before and document.get(name) != before[name]:
            raise BadEditError(f"{name}: must stay {before[name]!r}: by it the message is known")


def _check_event(_: Letter, body: bytes, document: dict[str, Any]) -> dict[str, Any]:
    event = read_event(body)
    if not document.get("id") or not document.get("source"):
        raise BadEditError("id and source: must not be empty")
    return {"content_type": CONTENT_TYPE, "type": event.type}


def _check_command(letter: Letter, body: bytes, _: dict[str, Any]) -> dict[str, Any]:
    model = COMMANDS.get((letter.service, letter.type))
    if model is None:
        known = ", ".join(sorted(name for service, name in COMMANDS if service == letter.service))
        raise BadEditError(f"{letter.service} knows no command {letter.type or 'without a type'}; it knows {known}")
    model.model_validate_json(body)
    return {"content_type": "application/json"}


def _check_timer(letter: Letter, _: bytes, document: dict[str, Any]) -> dict[str, Any]:
    if letter.service != "gateway":
        module = "declaration"
        import_module(f"services.{letter.service}.{module}")  # there its timers are declared
    found = [timer for timer in Timer.__subclasses__() if timer.type == document.get("type")]
    if not found:
        raise BadEditError(f"{letter.service} knows no timer {document.get('type')}")
    found[0].model_validate(document.get("data"))
    return {}


_CHECKS: Final = {"event": _check_event, "command": _check_command, "timer": _check_timer}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _holder(document: Any, path: str) -> tuple[Any, Any]:
    *way, last = path.split(".")
    here = document
    for name in way:
        try:
            here = here[int(name)] if isinstance(here, list) else here[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise BadEditError(f"{path}: there is no {name} on the way") from None
    if isinstance(here, list):
        if not last.isdigit():
            raise BadEditError(f"{path}: {last} is no place in a list")
        return here, int(last)
    if not isinstance(here, dict) or not last:
        raise BadEditError(f"{path}: leads to nothing that has parts")
    return here, last


def _put(holder: Any, last: Any, text: str, path: str) -> None:
    value = _value(text)
    if isinstance(holder, list) and last == len(holder):
        holder.append(value)
        return
    try:
        before = holder[last]
    except KeyError:
        before = None
    except IndexError:
        raise BadEditError(f"{path}: the list has {len(holder)} entries") from None
    holder[last] = text if isinstance(before, str) and isinstance(value, int | float) else value
