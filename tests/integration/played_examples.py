"""The examples of bodies in the description, sent to a running gateway in an order that makes sense."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from described_api import list_operations

SLOT_BEGINS: Final = datetime(2030, 5, 1, 6, tzinfo=UTC)
"""The instant in the examples at which volunteers begin."""
_ID: Final = re.compile(r"([a-z]+)_00k3v9x2a4b5c6d7e8f9")
_INSTANT: Final = re.compile(r"2030-\d\d-\d\dT.*Z")
_DAY: Final = re.compile(r"2030-\d\d-\d\d")


class Examples:
    """Sends examples as they stand, but for ids, in whose place stand those of the same kind, and for the time.

    Instants and days of 2030 move together, so that the example's slot begins now.
    """

    def __init__(self, api: httpx.Client, now: datetime) -> None:
        self.api = api
        self.begin(now)
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for method, path, operation in list_operations()
            if "application/json" in operation.get("requestBody", {}).get("content", {})
        }
        self.ids: dict[str, str] = {}
        """The ids of the things that examples name, by the word before them."""
        self.left = set(self._operations)
        """The operations whose examples have not been sent."""

    def begin(self, now: datetime) -> None:
        """Have the slot of the examples begin now."""
        self._shift = now - SLOT_BEGINS

    def send(
        self, operation: str, path: Mapping[str, str] | None = None, by: httpx.Client | None = None,
        version: int | None = None,
    ) -> Any:  # fmt: skip
        """Send the example of the operation to its path; return the answer, which is one of success."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        answer, body = self._answer(operation, path or {}, by or self.api, headers)
        assert answer.is_success, f"{operation} answers its example {body} with {answer.text}"
        return answer.json()

    def refuse(self, operation: str, path: Mapping[str, str], rule: str) -> None:
        """Send the example; it is refused for that rule alone, which a JSON Schema cannot state."""
        answer, body = self._answer(operation, path, self.api, {})
        assert answer.is_client_error, f"{operation} takes {body}"
        assert answer.json()["rule"] == rule, answer.text

    def _answer(
        self, operation: str, path: Mapping[str, str], by: httpx.Client, headers: Mapping[str, str]
    ) -> tuple[httpx.Response, Any]:
        method, template, described = self._operations[operation]
        body = self._fit(described["requestBody"]["content"]["application/json"]["example"])
        self.left.discard(operation)
        return by.request(method, template.format(**path), json=body, headers=headers), body

    def _fit(self, value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._fit(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._fit(inner, field) for inner in value]
        if not isinstance(value, str):
            return value
        if named := _ID.fullmatch(value):
            return self.ids[named[1]]
        return self._move(value)

    def _move(self, value: str) -> str:
        if _INSTANT.fullmatch(value):
            return (datetime.fromisoformat(value) + self._shift).isoformat()
        if _DAY.fullmatch(value):
            return (datetime.fromisoformat(f"{value}T06:00:00Z") + self._shift).date().isoformat()
        return value
