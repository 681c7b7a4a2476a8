"""The bound of an answer in bytes: a list has fewer items then, one thing loses the oldest of its story. Pure."""

import json
from typing import Final

from deploy.lianshan.assistant.operations import Json

MOST_BYTES: Final = 48 * 1024
"""Bytes of an answer as JSON in UTF-8: about 15,000 tokens, which a model reads without losing the conversation."""
LEFT_OUT: Final = "left_out"
"""The field that counts the entries left out, by the name of their list."""


def measure(answer: object) -> int:
    """Return the bytes of an answer as it is sent."""
    return len(write(answer).encode())


def write(answer: object) -> str:
    """Return an answer as JSON on one line: quotes and line breaks in a resident's words stay within their string."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def count_fitting(answer: Json, most: int = MOST_BYTES) -> int | None:
    """Return the number of leading items that fit, 0 or more; None where the answer is no page of a list."""
    items = answer.get("items")
    if not isinstance(items, list) or "next" not in answer:
        return None
    left = most - measure({**answer, "items": []})
    for fitting, item in enumerate(items):
        left -= measure(item) + 1
        if left < 0:
            return fitting
    return len(items)


def shorten(answer: Json, most: int = MOST_BYTES) -> Json | None:
    """Return the answer without the first entries of its longest lists, counted in `left_out`; None if it cannot fit.

    Lists of the API's answers are in the order of time, so the first are the oldest.
    """
    shown, left_out = dict(answer), dict[str, int]()
    while measure({**shown, LEFT_OUT: left_out}) > most:
        sizes = {name: measure(part) for name, part in shown.items() if isinstance(part, list) and part}
        if not sizes:
            return None
        name = max(sizes, key=sizes.__getitem__)
        entries = shown[name]
        if not isinstance(entries, list):  # `sizes` holds lists alone
            return None
        # A half at a time: some twenty steps for the longest list.
        gone = (len(entries) + 1) // 2
        shown[name] = entries[gone:]
        left_out[name] = left_out.get(name, 0) + gone
    return {**shown, LEFT_OUT: dict(left_out)} if left_out else shown
