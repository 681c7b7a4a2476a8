"""The client of the HTTP API as a city platform would have it: a bearer key, an idempotency key on every POST."""

from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from deploy.lianshan.demo.scene import Body
from shared.words import Language

SECONDS: Final = 15.0

Answer = dict[str, Any]
"""The JSON object of an answer."""


class RefusedError(RuntimeError):
    """The API refused a call, with the `status` and `code` of its problem; the message is the problem's detail."""

    def __init__(self, method: str, path: str, status: int, problem: Answer) -> None:
        super().__init__(f"{method} {path}: {status} {problem.get('detail') or problem.get('title') or ''}".rstrip())
        self.status = status
        self.code = str(problem.get("code", ""))


class Api:
    """The API of one gateway. Safe to use from several threads. Raises RefusedError, httpx.HTTPError."""

    def __init__(
        self, gateway_url: str, token: str, language: Language, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        self._client = httpx.Client(
            base_url=f"{gateway_url}/v1", headers=headers, timeout=SECONDS, transport=transport, trust_env=False
        )
        self._gateway_url, self._language, self._transport = gateway_url, language, transport
        self.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def as_another(self, token: str) -> "Api":
        """Return a client of the same gateway with another key."""
        return Api(self._gateway_url, token, self._language, self._transport)

    def get(self, path: str, **query: int | str) -> Answer:
        """Send GET and return the answer."""
        return self._read(self._client.get(path, params=query))

    def post(self, path: str, body: Body | None = None) -> Answer:
        """Send POST with a key of its own and return the answer."""
        return self._read(self._client.post(path, json=body or {}, headers={"Idempotency-Key": uuid4().hex}))

    def _read(self, response: httpx.Response) -> Answer:
        self.calls += 1
        try:
            body = response.json()
        except ValueError:
            # A proxy's page, or a stack trace: enough of it to know which.
            body = {"detail": response.text[:200]}
        if response.is_success and isinstance(body, dict):
            return body
        request = response.request
        raise RefusedError(request.method, request.url.path, response.status_code, body)
