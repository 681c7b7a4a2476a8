"""Functions of operations: each makes the call from its parameters."""

import re
from dataclasses import dataclass
from typing import Any, Final

from tests.client_writer.schemas import Schema, Types, document, find_references

_SENT_BY_CLIENT: Final = {"Idempotency-Key", "If-Match", "Last-Event-ID", "On-Behalf-Of"}


@dataclass(frozen=True)
class Operation:
    """One operation of the description."""

    method: str
    path: str
    described: Schema

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    @property
    def module(self) -> str:
        """The tag in the form of a module's name."""
        return re.sub(r"\W", "_", str(self.described["tags"][0]))

    @property
    def body(self) -> Schema | None:
        content = self.described.get("requestBody", {}).get("content", {})
        found: Schema | None = content.get("application/json", {}).get("schema")
        return found

    @property
    def takes_file(self) -> bool:
        """Whether its body is a file as it is."""
        return "application/octet-stream" in self.described.get("requestBody", {}).get("content", {})

    @property
    def answer(self) -> Schema | None:
        """The schema of its success; None where it answers nothing, a text, or a stream."""
        for status, answer in self.described["responses"].items():
            if status.startswith("2"):
                found: Schema | None = answer.get("content", {}).get("application/json", {}).get("schema")
                return found
        return None

    @property
    def is_text(self) -> bool:
        texts = {"text/plain", "text/csv"}
        return any(texts & each.get("content", {}).keys() for each in self.described["responses"].values())

    @property
    def is_file(self) -> bool:
        """Whether it answers a file as it is."""
        return any("application/pdf" in each.get("content", {}) for each in self.described["responses"].values())

    @property
    def is_stream(self) -> bool:
        """Whether the client has a method of its own for it."""
        return any("text/event-stream" in each.get("content", {}) for each in self.described["responses"].values())

    @property
    def is_signed(self) -> bool:
        """Whether a signature is its authority: no holder of a key calls it."""
        return self.has("webhook-signature")

    def parameters(self, place: str) -> list[dict[str, Any]]:
        every = self.described.get("parameters", ())
        return [each for each in every if each["in"] == place and each["name"] not in _SENT_BY_CLIENT]

    def has(self, header: str) -> bool:
        return any(each["name"] == header for each in self.described.get("parameters", ()))


def define(operation: Operation, types: Types) -> str:
    """Return the function."""
    kind, answer = _kind(operation, types)
    named = [f"{each['name']}: {types.write(each['schema'], strict=False)}" for each in operation.parameters("path")]
    options = []
    if operation.body is not None:
        body = types.write(operation.body, strict=True)
        required = operation.described["requestBody"].get("required", False)
        named.append(f"body: {body}" if required else f"body: {body} | None = None")
    if operation.takes_file:
        named.append("content: bytes")
    for each in operation.parameters("query"):
        given = re.sub(r"^list\[", "Sequence[", types.write(each["schema"], strict=False))
        given = "str | int" if each["name"] == "after" else given.replace(" | None", "")
        options.append(f"{each['name']}: {given}" if each.get("required") else f"{each['name']}: {given} | None = None")
    sent = [repr(operation.method.upper()), _path(operation)]
    if operation.parameters("query"):
        pairs = ", ".join(f"{each['name']!r}: {each['name']}" for each in operation.parameters("query"))
        sent.append(f"query={{{pairs}}}")
    if operation.body is not None:
        sent.append("body={} if body is None else body" if "None = None" in named[-1] else "body=body")
    if operation.takes_file:
        sent.append("content=content")
    if operation.has("If-Match"):
        options.append("expected: int | str | None = None")
        sent.append("expected=expected")
    if operation.has("On-Behalf-Of"):
        options.append("on_behalf_of: str | None = None")
        sent.append("on_behalf_of=on_behalf_of")
    if operation.method != "get":
        options.append("idempotency_key: str | None = None")
        sent.append("idempotency_key=idempotency_key or new_key()")
    signature = ", ".join([*named, *(["*", *options] if options else [])])
    lines = [
        f"def {operation.name}({signature}) -> {answer}:",
        *document(operation.described.get("description", ""), 4),
    ]
    return "\n".join([*lines, f"    return {kind}({', '.join(sent)})"]) + "\n"


def list_module_references(operations: list[Operation], types: Types) -> set[str]:
    """Return the names of the schemas that the functions of a module name."""
    parts = [part for each in operations for part in (each.body, each.answer, _items(each.answer, types))]
    queries = [each["schema"] for operation in operations for each in operation.parameters("query")]
    return find_references([parts, queries])


def _kind(operation: Operation, types: Types) -> tuple[str, str]:
    if operation.answer is None:
        return "Call", "Call[bytes]" if operation.is_file else "Call[str]" if operation.is_text else "Call[None]"
    answer = types.write(operation.answer, strict=False)
    items = _items(operation.answer, types)
    if items is None or not any(each["name"] == "after" for each in operation.parameters("query")):
        return "Call", f"Call[{answer}]"
    return "Listing", f"Listing[{answer}, {types.write(items, strict=False)}]"


def _items(answer: Schema | None, types: Types) -> Schema | None:
    """The schema of the items of a page."""
    if answer is None or "$ref" not in answer:
        return None
    properties = types.schemas[answer["$ref"].rpartition("/")[2]].get("properties", {})
    found: Schema | None = properties.get("items", {}).get("items") if "next" in properties else None
    return found


def _path(operation: Operation) -> str:
    if "{" not in operation.path:
        return repr(operation.path)
    return 'f"' + re.sub(r"\{(\w+)\}", r"{quote(\1, safe='')}", operation.path) + '"'
