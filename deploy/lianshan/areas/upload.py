"""The upload of a register of areas through the gateway: in chunks, a few at a time, each bad row with its reason."""

import itertools
import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from deploy.lianshan.areas.register import BadRow, GoodRow, parse_register

CHUNK_ROWS: Final = 1000
IN_FLIGHT: Final = 4
TRIES: Final = 6
TIMEOUT_SECONDS: Final = 60.0
MAX_BAD_KEPT: Final = 10_000
"""Bad rows that are kept with their reasons; of more only the number is reported."""
_BUSY: Final = frozenset({429, 502, 503, 504})
_READ_BYTES: Final = 1024**2


class ImportFailedError(RuntimeError):
    """The import ended early; the rows sent before are kept, and the same import again completes it."""


@dataclass
class Report:
    """The numbers of a register's rows that were accepted, changed something, or were refused."""

    accepted: int = 0
    changed: int = 0
    refused: int = 0
    seconds: float = 0.0
    bad: list[BadRow] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "accepted": self.accepted,
            "changed": self.changed,
            "bad_rows": self.refused,
            "seconds": round(self.seconds, 3),
            "bad": [{"row": bad.row, "reason": bad.reason} for bad in self.bad],
        }


def import_areas(path: Path, gateway_url: str, token: str, progress: Callable[[int], None] | None = None) -> Report:
    """Send every good row of the file and return the report. `progress` takes the number of rows done so far.

    Raises ImportFailedError, OSError.
    """
    report, begun = Report(), time.monotonic()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    with (
        # Bytes that are no UTF-8 spoil their own row and not the file: _check finds the escapes.
        path.open(encoding="utf-8", errors="surrogateescape", newline="") as lines,
        httpx.Client(base_url=gateway_url, headers=headers, timeout=TIMEOUT_SECONDS, limits=limits) as client,
        ThreadPoolExecutor(IN_FLIGHT, "import") as pool,
    ):
        for count, changed in _send_all(client, pool, _split(_find_good(lines, report))):
            report.accepted += count
            report.changed += changed
            if progress is not None:
                progress(report.accepted + report.refused)
    report.seconds = time.monotonic() - begun
    return report


def estimate_rows(path: Path) -> int:
    """Return about the number of rows in the file, for a progress bar."""
    with path.open("rb") as file:
        head = file.read(_READ_BYTES)
        mark = b'"code"' if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else b"\n"
        return head.count(mark) + sum(part.count(mark) for part in iter(lambda: file.read(_READ_BYTES), b""))


def _find_good(lines: Iterable[str], report: Report) -> Iterator[GoodRow]:
    """Yield the good rows, and note the bad ones in the report."""
    for row in parse_register(lines):
        found = _check(row)
        if isinstance(found, GoodRow):
            yield found
            continue
        report.refused += 1
        if len(report.bad) < MAX_BAD_KEPT:
            report.bad.append(found)


def _check(row: GoodRow | BadRow) -> GoodRow | BadRow:
    text = row.reason if isinstance(row, BadRow) else row.name
    # Plain text holds no escape of a bad byte.
    if text.isascii():
        return row
    try:
        text.encode()
    except UnicodeEncodeError:
        return BadRow(row.row, "not valid UTF-8: save the file as UTF-8")
    return row


def _split(rows: Iterator[GoodRow]) -> Iterator[list[GoodRow]]:
    while chunk := list(itertools.islice(rows, CHUNK_ROWS)):
        yield chunk


def _send_all(
    client: httpx.Client, pool: ThreadPoolExecutor, chunks: Iterator[list[GoodRow]]
) -> Iterator[tuple[int, int]]:
    """Yield the numbers of accepted and changed rows of each chunk, in order; at most IN_FLIGHT are on their way."""
    run = uuid.uuid4().hex
    in_flight: deque[Future[tuple[int, int]]] = deque()
    try:
        for number, chunk in enumerate(chunks):
            # A key for each chunk: one that is sent again counts once.
            in_flight.append(pool.submit(_send, client, chunk, f"import-{run}-{number}"))
            if len(in_flight) > IN_FLIGHT:
                yield in_flight.popleft().result()
        while in_flight:
            yield in_flight.popleft().result()
    finally:
        for waiting in in_flight:
            waiting.cancel()


def _send(client: httpx.Client, chunk: list[GoodRow], key: str) -> tuple[int, int]:
    rows = [{"code": row.code, "name": row.name} for row in chunk]
    body = json.dumps({"rows": rows}, ensure_ascii=False, separators=(",", ":")).encode()
    for attempt in range(TRIES):
        answer = _post(client, body, key)
        if isinstance(answer, httpx.Response) and answer.status_code not in _BUSY:
            return _read(answer, chunk)
        time.sleep(_find_pause(answer, attempt))
    raise ImportFailedError(
        f"The gateway gave no answer to {TRIES} tries for rows {chunk[0].row}–{chunk[-1].row}: import again later."
    )


def _post(client: httpx.Client, body: bytes, key: str) -> httpx.Response | httpx.TransportError:
    try:
        return client.post("/v1/areas:batch", content=body, headers={"Idempotency-Key": key})
    except httpx.TransportError as error:
        return error


def _find_pause(answer: httpx.Response | httpx.TransportError, attempt: int) -> float:
    """Return the seconds to wait: those that the gateway asks for, at most 10, else more with each attempt."""
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
