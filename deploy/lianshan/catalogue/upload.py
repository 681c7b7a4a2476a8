"""The upload of entries through the gateway: one call a row, each refused row with its reason."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx

TIMEOUT_SECONDS: Final = 30.0
MOST_ROWS: Final = 5_000
"""As many entries as a city may add."""

Row = dict[str, object]


class ImportFailedError(RuntimeError):
    """The import ended early; the rows sent before are kept, and the same import again completes it."""


@dataclass
class Report:
    """The rows that were accepted, and the refused ones by number with the reason."""

    accepted: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        refused = [{"row": row, "reason": reason} for row, reason in self.refused]
        return {"accepted": self.accepted, "refused": refused}


def read_entries(path: Path) -> list[Row]:
    """Return the entries of a JSON array of bodies of `POST /v1/catalogue`, or of a CSV file.

    A CSV file names in its first line the columns kind, code, zh, en, synonyms, form, units and equivalents; several
    words are apart by `|`, a unit is `code/zh/en/factor`. Raises ImportFailedError for a file that is neither.
    """
    text = path.read_text(encoding="utf-8-sig")
    try:
        rows = (
            json.loads(text) if text.lstrip().startswith("[") else list(map(_of_csv, csv.DictReader(text.splitlines())))
        )
    except (ValueError, KeyError) as error:
        raise ImportFailedError(f"{path.name} cannot be read: {error}") from None
    if len(rows) > MOST_ROWS:
        raise ImportFailedError(f"{path.name} has {len(rows)} rows: at most {MOST_ROWS} at once.")
    return rows


def import_entries(rows: list[Row], gateway_url: str, token: str) -> Report:
    """Send every row and return the report. The same row again changes nothing. Raises ImportFailedError."""
    report = Report()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=gateway_url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        for number, row in enumerate(rows, 1):
            reason = _send(client, row)
            if reason is None:
                report.accepted += 1
            else:
                report.refused.append((number, reason))
    return report


def _send(client: httpx.Client, row: Row) -> str | None:
    body = json.dumps(row, ensure_ascii=False, sort_keys=True).encode()
    # A key for each content: a row that is sent again is answered as the first time.
    key = f"catalogue-{sha256(body).hexdigest()[:32]}"
    try:
        answer = client.post("/v1/catalogue", content=body, headers={"Idempotency-Key": key})
    except httpx.TransportError as error:
        raise ImportFailedError(f"The gateway gave no answer ({type(error).__name__}): import again later.") from None
    if answer.is_success:
        return None
    if answer.is_server_error or answer.status_code in (401, 403, 429):
        raise ImportFailedError(f"The gateway answered {answer.status_code}: {_detail(answer)}")
    return _detail(answer)


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("detail", answer.text))[:300]
    except ValueError:
        return answer.text[:300]


def _of_csv(row: dict[str, str]) -> Row:
    entry: Row = {name: row[name].strip() for name in ("kind", "code", "zh", "en")}
    for name in ("synonyms", "equivalents"):
        if words := list(_split(row.get(name))):
            entry[name] = words
    if form := (row.get("form") or "").strip():
        entry["form"] = form
    if units := [_unit(text) for text in _split(row.get("units"))]:
        entry["units"] = units
    return entry


def _unit(text: str) -> Row:
    parts = text.split("/")
    if len(parts) not in (3, 4):
        raise ValueError(f"unit {text!r} is not code/zh/en/factor")
    return {"code": parts[0], "zh": parts[1], "en": parts[2], "factor": int(parts[3]) if len(parts) == 4 else 1}


def _split(text: str | None) -> Iterator[str]:
    return (part.strip() for part in (text or "").split("|") if part.strip())
