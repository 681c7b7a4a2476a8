"""A new body for a dead letter: edited by paths, held to its contract, under the identity that it came with. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue, ValidationError

from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.declarations import DECLARATIONS
from shared.contracts.envelope import CONTENT_TYPE, CloudEvent, read_event
from shared.contracts.messages import COMMANDS
from shared.engine.store.letters import Kind

IDENTITY: Final[Mapping[Kind, Sequence[str]]] = {
    "event": ("id", "source", "type"),
    "timer": ("timer", "type"),
    "command": (),
}
"""Fields that must stay: by them an inbox knows the message. A command is known by its message_id."""

MOST_NAMED: Final = 30
"""Fields that an error names at most."""
NEED_IDS: Final = "need_"
"""The beginning of the ids of needs."""
Properties = dict[str, str]
JsonObject = dict[str, JsonValue]


class BadEditError(ValueError):
    """The body would not be understood, or would be another message; names the field and the rule. Nothing is sent."""


def edit_body(body: bytes, sets: Sequence[str], unsets: Sequence[str]) -> bytes:
    """Return the body with each `path=value` of `sets` set and each path of `unsets` removed.

    A path is names and numbers with dots between them, like `data.lines.0.requested`. A value is read as JSON where it
    is JSON, and as text otherwise; where text stands, digits stay text, as in a phone number. Raises BadEditError.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise BadEditError("the body is no JSON: give a whole one with --file") from None
    for given in sets:
        path, equals, text = given.partition("=")
        if not equals:
            raise BadEditError(f"--set {given}: write path=value, like data.lines.0.requested=3")
        _find_place(document, path).put(text)
    for path in unsets:
        _find_place(document, path).remove()
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def check_body(letter: DeadLetter, body: bytes) -> Properties:
    """Hold the body to its contract and return the properties that it must be sent with.

    Raises BadEditError, whose words name the field and the rule and never repeat a value: it may be about a person.
    """
    document = _read_object(body)
    _check_identity(letter, document)
    try:
        return _CHECKS[letter.kind](letter, body, document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = _path_of(letter, first["loc"])
        mend = f"; mend it by --set {field}=VALUE" if field else ""
        raise BadEditError(f"{field or 'the body'}: {first['msg']} (rule {first['type']}){mend}") from None


def _path_of(letter: DeadLetter, place: Sequence[str | int]) -> str:
    """Return the path of a field for --set. Of an event and a timer the contract is that of `data`."""
    within = letter.kind != "command" and place and place[0] not in {*CloudEvent.model_fields, "timer"}
    return ".".join(map(str, ("data", *place) if within else place))


def find_needs(letter: DeadLetter, body: bytes) -> Mapping[str, str]:
    """Return the ids of needs that the body names and the letter did not, by their paths; of a checked body."""
    now, before = _name_needs(letter, body), _name_needs(letter, letter.body)
    return {path: need for path, need in now.items() if before.get(path) != need}


def _name_needs(letter: DeadLetter, body: bytes) -> dict[str, str]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    fields = document if letter.kind == "command" else document.get("data") if isinstance(document, dict) else None
    named = {name: fields[name] for name in ("need_id", "id") if name in fields} if isinstance(fields, dict) else {}
    start = "" if letter.kind == "command" else "data."
    return {
        f"{start}{name}": need
        for name, need in named.items()
        if isinstance(need, str) and (name == "need_id" or need.startswith(NEED_IDS))
    }


def _read_object(body: bytes) -> JsonObject:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise BadEditError(f"the body is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadEditError("the body is no JSON object")
    return document


def _check_identity(letter: DeadLetter, document: JsonObject) -> None:
    try:
        before = json.loads(letter.body)
    except ValueError:
        return  # the old body names no identity that could be kept
    for name in IDENTITY[letter.kind] if isinstance(before, dict) else ():
        if name in before and document.get(name) != before[name]:
            raise BadEditError(f"{name}: must stay {before[name]!r}: by it the message is known")


def _check_event(_: DeadLetter, body: bytes, document: JsonObject) -> Properties:
    event = read_event(body)
    if not document.get("id") or not document.get("source"):
        raise BadEditError("id and source: must not be empty")
    return {"content_type": CONTENT_TYPE, "type": event.type}


def _check_command(letter: DeadLetter, body: bytes, _: JsonObject) -> Properties:
    model = COMMANDS.get((letter.service, letter.type))
    if model is None:
        known = ", ".join(sorted(name for service, name in COMMANDS if service == letter.service))
        raise BadEditError(f"{letter.service} knows no command {letter.type or 'without a type'}; it knows {known}")
    model.model_validate_json(body)
    return {"content_type": "application/json"}


def _check_timer(letter: DeadLetter, _: bytes, document: JsonObject) -> Properties:
    model = DECLARATIONS[letter.service].timers.get(str(document.get("type")))
    if model is None:
        raise BadEditError(f"{letter.service} knows no timer {document.get('type')}")
    model.model_validate(document.get("data"))
    return {}


_CHECKS: Final[Mapping[Kind, Callable[[DeadLetter, bytes, JsonObject], Properties]]] = {
    "event": _check_event,
    "command": _check_command,
    "timer": _check_timer,
}


@dataclass(frozen=True)
class _Item:
    """A place in a list."""

    holder: list[JsonValue]
    place: int
    path: str

    def put(self, text: str) -> None:
        if self.place > len(self.holder):
            raise BadEditError(f"{self.path}: the list has {len(self.holder)} entries")
        if self.place == len(self.holder):
            self.holder.append(_read_value(text, None))
        else:
            self.holder[self.place] = _read_value(text, self.holder[self.place])

    def remove(self) -> None:
        if self.place >= len(self.holder):
            raise BadEditError(f"{self.path}: there is nothing to remove")
        del self.holder[self.place]


@dataclass(frozen=True)
class _Field:
    """A field of an object."""

    holder: JsonObject
    name: str
    path: str

    def put(self, text: str) -> None:
        self.holder[self.name] = _read_value(text, self.holder.get(self.name))

    def remove(self) -> None:
        if self.name not in self.holder:
            raise BadEditError(f"{self.path}: there is nothing to remove")
        del self.holder[self.name]


def _find_place(document: JsonValue, path: str) -> _Item | _Field:
    *way, last = path.split(".")
    here = document
    for name in way:
        here = _descend(here, name, path)
    if isinstance(here, list):
        if not last.isdigit():
            raise BadEditError(f"{path}: {last} is no place in a list")
        return _Item(here, int(last), path)
    if not isinstance(here, dict) or not last:
        raise BadEditError(f"{path}: leads to nothing that has parts")
    return _Field(here, last, path)


def _descend(here: JsonValue, name: str, path: str) -> JsonValue:
    if isinstance(here, list) and name.isdigit() and int(name) < len(here):
        return here[int(name)]
    if isinstance(here, dict) and name in here:
        return here[name]
    there = f"it has {', '.join(sorted(here)[:MOST_NAMED])}" if isinstance(here, dict) else "nothing has that name"
    raise BadEditError(f"{path}: there is no {name} on the way; {there}")


def _read_value(text: str, before: JsonValue) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return text
    # Where text stood, 138… is a phone number and not a number.
    return text if isinstance(before, str) and isinstance(value, int | float) else value
