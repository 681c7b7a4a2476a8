"""The HTTP API as a city platform calls it: a bearer key, an idempotency key on every POST."""

from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx

SECONDS: Final = 15.0


class RefusedError(RuntimeError):
    """The API said no; `status` and `code` say how, the message why."""

    def __init__(self, method: str, path: str, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{method} {path}: {status} {problem.get('detail') or problem.get('title') or ''}".rstrip())
        self.status = status
        self.code = str(problem.get("code", ""))


class Api:
    """The API of one gateway. Safe to use from several threads. Raises RefusedError, httpx.HTTPError."""

    def __init__(self, gateway_url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(
            base_url=f"{gateway_url}/v1", headers=headers, timeout=SECONDS, transport=transport, trust_env=False
        )
        self.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **wanted: Any) -> dict[str, Any]:
        """Read."""
        return self._answer(self._client.get(path, params=wanted))

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write."""
        return self._answer(self._client.post(path, json=body or {}, headers={"Idempotency-Key": uuid4().hex}))

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        self.calls += 1
        try:
            body = response.json()
        except ValueError:
            body = {"detail": response.text[:200]}
        if response.is_success and isinstance(body, dict):
            return body
        request = response.request
        raise RefusedError(request.method, request.url.path, response.status_code, body)
