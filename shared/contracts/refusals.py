"""Refusals: the one error that a service answers with, naming the field, the rule and the remedy.

At the gateway a refusal becomes a problem of RFC 9457, https://www.rfc-editor.org/rfc/rfc9457.
"""

from collections.abc import Mapping
from typing import Final

STATUS: Final = {
    "invalid": 422,
    "not_found": 404,
    "wrong_state": 409,
    "conflict": 409,
    "version_mismatch": 412,
    "idempotency_mismatch": 422,
    "not_allowed": 403,
    "deadline": 504,
    "unavailable": 503,
    "failed": 500,
}
"""The HTTP status of each refusal code."""


class Refused(Exception):  # noqa: N818 - it is the field's word: a request is refused, nothing has gone wrong
    """A request that a rule does not allow. Nothing has been changed.

    `code` is one of STATUS; `detail` is a sentence for the person who must act: the fault and the remedy; `field` names
    the part of the request at fault and `rule` the rule that it breaks. Raises ValueError for an unknown code.
    """

    def __init__(self, code: str, detail: str, *, field: str | None = None, rule: str | None = None) -> None:
        if code not in STATUS:
            raise ValueError(f"unknown refusal code {code!r}; one of {sorted(STATUS)}")
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field
        self.rule = rule

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return STATUS[self.code]

    def to_json(self) -> dict[str, str | None]:
        """Return the refusal as it is sent in an answer."""
        return {"code": self.code, "detail": self.detail, "field": self.field, "rule": self.rule}

    @classmethod
    def from_json(cls, error: Mapping[str, str | None]) -> "Refused":
        """Return the refusal of an answer; the unknown code of a newer release is read as `failed`."""
        code = error.get("code") or "failed"
        return cls(
            code if code in STATUS else "failed",  # the caller cannot act on a code that it does not know
            str(error.get("detail", "")),
            field=error.get("field"),
            rule=error.get("rule"),
        )
