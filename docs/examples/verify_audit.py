"""Verify an export of the audit with Python alone: `python verify_audit.py audit.ndjson [SERVICE=HASH …]`.

HASH is that of a block which was published before, as `lianshan audit verify` shows it: the chain must still hold it.
"""

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Line = dict[str, Any]
HASHED = ("chain", "number", "former", "first", "last", "count", "late", "root")


def node(mark: bytes, *parts: bytes) -> bytes:
    return hashlib.sha256(mark + b"".join(parts)).digest()


def find_root(row: Line, count: int) -> str:
    """The root of the Merkle tree (RFC 9162, section 2.1) to which the row's path leads."""
    index, path = row["proof"]["index"], [bytes.fromhex(each) for each in row["proof"]["path"]]
    found = node(b"\0", row["stored"].encode())
    while count > 1:
        if index ^ 1 < count:
            other = path.pop(0)
            found = node(b"\1", found, other) if index % 2 == 0 else node(b"\1", other, found)
        index, count = index // 2, (count + 1) // 2
    return found.hex()


def find_hash(block: Line) -> str:
    """The hash of a block's header in the form of RFC 8785."""
    at = datetime.fromisoformat(block["at"]).astimezone(UTC)
    header = {name: block[name] for name in HASHED}
    header["at"] = {"$date": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"}
    text = json.dumps(header, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def says_the_same(row: Line) -> bool:
    """Whether the fields that a person reads are those that were hashed."""
    stored = json.loads(row["stored"])
    shown = [row[name] for name in ("id", "what", "about", "why", "actor", "on_behalf_of")]
    return [
        *(stored[name] for name in ("_id", "what", "about", "why")),
        stored["by"][0],
        stored.get("for", ""),
    ] == shown


def verify(lines: list[str], published: list[list[str]]) -> tuple[list[Line], list[str]]:
    """The rows of an export, and its faults in words."""
    found = [json.loads(line) for line in lines]
    rows, blocks = ([each for each in found if each["line"] == kind] for kind in ("row", "block"))
    faults = [] if found and found[-1] == {"line": "end", "rows": len(rows)} else ["the file is not whole"]
    known = {(block["service"], block["number"]): block for block in blocks}
    begins = {block["service"]: block["number"] for block in reversed(blocks)}
    for block in blocks:
        service, number = block["service"], block["number"]
        former = known.get((service, number - 1), {}).get("hash")
        if find_hash(block) != block["hash"] or (number > begins[service] and former != block["former"]):
            faults.append(f"block {number} of {service} was changed, or the one before it")
    for row in rows:
        if row["proof"] is None:
            continue
        listed = known.get((row["service"], row["proof"]["block"]))
        if listed is None or find_root(row, listed["count"]) != listed["root"] or not says_the_same(row):
            faults.append(f"row {row['id']} of {row['service']} was changed")
    hashes = {(block["service"], block["hash"]) for block in blocks}
    faults += [f"{service} has lost block {wanted}" for service, wanted in published if (service, wanted) not in hashes]
    return rows, faults


if __name__ == "__main__":
    all_rows, wrong = verify(
        Path(sys.argv[1]).read_text("utf-8").splitlines(), [each.split("=") for each in sys.argv[2:]]
    )
    open_rows = sum(row["proof"] is None for row in all_rows)
    print("\n".join(wrong) or f"{len(all_rows)} rows as they were written, {open_rows} of them in no block yet")
    sys.exit(bool(wrong))
