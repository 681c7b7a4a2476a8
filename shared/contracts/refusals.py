"""How a service says no: one error type, with the field, the rule and what to do now (RFC 9457 at the edge)."""

from typing import Any, Final

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
"""HTTP status of each refusal code."""


class Refused(Exception):  # noqa: N818 - it is the field's word: a request is refused, nothing has gone wrong
    """A request that a rule does not allow. Nothing has been changed.

    `code` is one of STATUS; `detail` tells the person who must act what happened and what to do now;
    `field` and `rule` name where and why.
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
        """The HTTP status that says the same."""
        return STATUS[self.code]

    def to_json(self) -> dict[str, Any]:
        """As it travels in an answer."""
        return {"code": self.code, "detail": self.detail, "field": self.field, "rule": self.rule}

    @classmethod
    def from_json(cls, error: dict[str, Any]) -> "Refused":
        """Back from an answer; a code from a newer speaker is read as `failed`."""
        code = error.get("code", "failed")
        return cls(
            code if code in STATUS else "failed",
            str(error.get("detail", "")),
            field=error.get("field"),
            rule=error.get("rule"),
        )
