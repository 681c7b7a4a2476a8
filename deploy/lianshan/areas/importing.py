"""Sends a register of areas through the gateway, in chunks, a few at a time, each row kept or explained."""

import itertools
import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.lianshan.areas.register import BadRow, GoodRow, parse_register

CHUNK_ROWS: Final = 1000
IN_FLIGHT: Final = 4
TRIES: Final = 6
TIMEOUT_SECONDS: Final = 60.0
MAX_BAD_KEPT: Final = 10_000
"""Of more bad rows than these only the number is told."""
_BUSY: Final = frozenset({429, 502, 503, 504})
_READ_BYTES: Final = 1024**2


class ImportFailedError(RuntimeError):
    """The import ended early; what was sent before is kept, and the same import again completes it."""


@dataclass
class Report:
    """What became of a register's rows."""

    accepted: int = 0
    changed: int = 0
    refused: int = 0
    seconds: float = 0.0
    bad: list[BadRow] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "accepted": self.accepted,
            "changed": self.changed,
            "bad_rows": self.refused,
            "seconds": round(self.seconds, 3),
            "bad": [{"row": bad.row, "reason": bad.reason} for bad in self.bad],
        }


def import_areas(path: Path, gateway_url: str, token: str, progress: Callable[[int], None] | None = None) -> Report:
    """Send every good row of the file; `progress` is told the rows done so far. Raises ImportFailedError, OSError."""
    report, begun = Report(), time.monotonic()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    with (
        path.open(encoding="utf-8", errors="surrogateescape", newline="") as lines,
        httpx.Client(base_url=gateway_url, headers=headers, timeout=TIMEOUT_SECONDS, limits=limits) as client,
        ThreadPoolExecutor(IN_FLIGHT, "import") as pool,
    ):
        for count, changed in _send_all(client, pool, _chunks(_good_rows(lines, report))):
            report.accepted += count
            report.changed += changed
            if progress is not None:
                progress(report.accepted + report.refused)
    report.seconds = time.monotonic() - begun
    return report


def estimate_rows(path: Path) -> int:
    """About how many rows the file has, for a progress bar."""
    with path.open("rb") as file:
        head = file.read(_READ_BYTES)
        mark = b'"code"' if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else b"\n"
        return head.count(mark) + sum(part.count(mark) for part in iter(lambda: file.read(_READ_BYTES), b""))


def _good_rows(lines: Iterable[str], report: Report) -> Iterator[GoodRow]:
    for row in parse_register(lines):
        found = _checked(row)
        if isinstance(found, GoodRow):
            yield found
            continue
        report.refused += 1
        if len(report.bad) < MAX_BAD_KEPT:
            report.bad.append(found)


def _checked(row: GoodRow | BadRow) -> GoodRow | BadRow:
    text = row.reason if isinstance(row, BadRow) else row.name
    if text.isascii():
        return row
    try:
        text.encode()
    except UnicodeEncodeError:
        return BadRow(row.row, "not valid UTF-8: save the file as UTF-8")
    return row


def _chunks(rows: Iterator[GoodRow]) -> Iterator[list[GoodRow]]:
    while chunk := list(itertools.islice(rows, CHUNK_ROWS)):
        yield chunk


def _send_all(
    client: httpx.Client, pool: ThreadPoolExecutor, chunks: Iterator[list[GoodRow]]
) -> Iterator[tuple[int, int]]:
    run = uuid.uuid4().hex
    flying: deque[Future[tuple[int, int]]] = deque()
    try:
        for number, chunk in enumerate(chunks):
            flying.append(pool.submit(_send, client, chunk, f"import-{run}-{number}"))
            if len(flying) > IN_FLIGHT:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        for waiting in flying:
            waiting.cancel()


def _send(client: httpx.Client, chunk: list[GoodRow], key: str) -> tuple[int, int]:
    rows = [{"code": row.code, "name": row.name} for row in chunk]
    body = json.dumps({"rows": rows}, ensure_ascii=False, separators=(",", ":")).encode()
    for attempt in range(TRIES):
        answer = _post(client, body, key)
        if isinstance(answer, httpx.Response) and answer.status_code not in _BUSY:
            return _read(answer, chunk)
        time.sleep(_pause(answer, attempt))
    raise ImportFailedError(
        f"The gateway gave no answer to {TRIES} tries for rows {chunk[0].row}–{chunk[-1].row}: import again later."
    )


def _post(client: httpx.Client, body: bytes, key: str) -> httpx.Response | httpx.TransportError:
    try:
        return client.post("/v1/areas:batch", content=body, headers={"Idempotency-Key": key})
    except httpx.TransportError as error:
        return error


def _pause(answer: httpx.Response | httpx.TransportError, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "") if isinstance(answer, httpx.Response) else ""
    return min(10.0, float(asked)) if asked.isdigit() else 0.2 * 2.0**attempt


def _read(answer: httpx.Response, chunk: list[GoodRow]) -> tuple[int, int]:
    if answer.is_success:
        body = answer.json()
        return int(body["count"]), int(body["changed"])
    try:
        problem = answer.json()
        detail = problem.get("detail") or problem.get("title") or answer.text
    except ValueError:
        detail = answer.text
    raise ImportFailedError(
        f"The gateway refused rows {chunk[0].row}–{chunk[-1].row} with {answer.status_code}: {detail[:300]}"
    )
