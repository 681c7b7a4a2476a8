"""Jobs as an operator sees them through the gateway: listed, shown with their first errors, cancelled."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

TIMEOUT_SECONDS: Final = 30.0
MOST_SHOWN: Final = 50
Json = Mapping[str, Any]


class JobRefusedError(RuntimeError):
    """The gateway does not answer, or refuses; the message is for the operator."""


class JobsOfGateway:
    """The jobs that the key may see."""

    def __init__(self, url: str, token: str, language: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS)

    def newest(self, state: str | None) -> list[Json]:
        """Return the newest jobs, MOST_SHOWN at most. Raises JobRefusedError."""
        wanted = {"limit": str(MOST_SHOWN), **({} if state is None else {"state": state})}
        found: list[Json] = self._ask("GET", "/v1/jobs", params=wanted)["items"]
        return found

    def show(self, job_id: str) -> tuple[Json, list[Json]]:
        """Return a job and its first errors, MOST_SHOWN at most. Raises JobRefusedError."""
        path = _path(job_id)
        errors: list[Json] = self._ask("GET", f"{path}/errors", params={"limit": str(MOST_SHOWN)})["items"]
        return self._ask("GET", path), errors

    def cancel(self, job_id: str) -> Json:
        """Cancel a job and return it. Raises JobRefusedError."""
        return self._ask("POST", f"{_path(job_id)}/cancel")

    def _ask(self, method: str, path: str, **sent: Any) -> Json:
        try:
            answer = self._client.request(method, path, **sent)
        except httpx.HTTPError as error:
            raise JobRefusedError(f"the gateway does not answer ({type(error).__name__})") from error
        body: Json = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if not answer.is_success:
            said = body.get("detail") or body.get("title")
            raise JobRefusedError(str(said or f"the gateway answers {answer.status_code}"))
        return body


def _path(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"
