"""The upload of entries through the gateway: one call a row, each refused row with column and rule."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
from pydantic import ValidationError

from deploy.lianshan.catalogue.entry_file import Body, Fault, GoodRow
from shared.contracts.reasons import Reason, reason
from shared.words import Wording

TIMEOUT_SECONDS: Final = 30.0
TRIES: Final = 5
_BUSY: Final = frozenset({429, 502, 503, 504})
MOST_PAUSE_SECONDS: Final = 10.0


class ImportFailedError(RuntimeError):
    """The import ended early; the rows sent before are kept, and the same import again completes it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason.code)
        self.fault = fault


@dataclass
class Report:
    """The number of rows that were accepted, and the faults of the others."""

    accepted: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """The number of rows with a fault."""
        return len({fault.row for fault in self.faults})

    def to_json(self, words: Wording) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {"accepted": self.accepted, "refused": [_fault_to_json(fault, words) for fault in self.faults]}


def word_fault(fault: Fault, words: Wording) -> str:
    """Return one line that names the row, the column and the rule."""
    sentence = _sentence(fault, words)
    if not fault.row:
        return sentence
    if not fault.column:
        return words.sentence("fault_of_row", {"row": fault.row, "rule": sentence})
    return words.sentence("fault_of_column", {"row": fault.row, "column": fault.column, "rule": sentence})


def import_entries(rows: Sequence[GoodRow | Fault], gateway_url: str, token: str) -> Report:
    """Send every good row, after those that it names as equivalents. Raises ImportFailedError.

    The same row again changes nothing.
    """
    report = Report(faults=[row for row in rows if isinstance(row, Fault)])
    run = uuid.uuid4().hex
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=gateway_url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        for row in order_by_equivalents([row for row in rows if isinstance(row, GoodRow)]):
            # A key for each row of this run: a row that is sent again after silence counts once, and one that was
            # refused in an earlier run is decided again.
            faults = _send(client, row, f"catalogue-{run}-{row.row}")
            report.accepted += not faults
            report.faults += faults
    report.faults.sort(key=lambda fault: fault.row)
    return report


def order_by_equivalents(rows: Sequence[GoodRow]) -> Iterator[GoodRow]:
    """Yield the rows so that each comes after the rows that it names; those in a circle come last, in their order."""
    waiting = list(rows)
    for _ in rows:  # each round yields a row at least, or is the last
        codes = {_code(row.body) for row in waiting}
        ready = [row for row in waiting if not codes & (_equivalents(row.body) - {_code(row.body)})]
        if not ready:
            break
        yield from ready
        done = {row.row for row in ready}
        waiting = [row for row in waiting if row.row not in done]
    yield from waiting


def _code(body: Body) -> object:
    return body.get("code")


def _equivalents(body: Body) -> set[object]:
    named = body.get("equivalents", ())
    return set(named) if isinstance(named, list | tuple) else set()


def _send(client: httpx.Client, row: GoodRow, key: str) -> list[Fault]:
    body = json.dumps(row.body, ensure_ascii=False).encode()
    for attempt in range(TRIES):
        try:
            answer = client.post("/v1/catalogue", content=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code not in _BUSY:
            return [] if answer.is_success else list(_read_faults(row.row, answer))
        time.sleep(_find_pause(answer, attempt))
    raise ImportFailedError(Fault(row.row, "", reason("gateway_silent", tries=TRIES)))


def _find_pause(answer: httpx.Response | None, attempt: int) -> float:
    """Return the seconds to wait: those that the gateway asks for, else more with each attempt."""
    asked = "" if answer is None else answer.headers.get("retry-after", "")
    return min(MOST_PAUSE_SECONDS, float(asked) if asked.isdigit() else 0.2 * 2.0**attempt)


def _read_faults(row: int, answer: httpx.Response) -> Iterable[Fault]:
    """Return the faults of a refused row. Raises ImportFailedError where the refusal is not about the row."""
    try:
        problem = answer.json()
        parts = [(part["field"] or "", part) for part in problem.get("errors", ())] or [("", problem)]
        faults = [Fault(row, column, Reason(code=part["rule"], args=part["args"])) for column, part in parts]
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        faults = [Fault(row, "", reason("gateway_answered", status=answer.status_code))]
    if answer.status_code in (401, 403) or answer.is_server_error:
        raise ImportFailedError(faults[0])
    return faults


def _sentence(fault: Fault, words: Wording) -> str:
    code = fault.reason.code if words.knows(fault.reason.code) else "value_not_valid"
    return words.sentence(code, fault.reason.args, field=fault.column or None)


def _fault_to_json(fault: Fault, words: Wording) -> dict[str, object]:
    return {
        "row": fault.row, "column": fault.column, "code": fault.reason.code, "args": dict(fault.reason.args),
        "text": _sentence(fault, words),
    }  # fmt: skip
