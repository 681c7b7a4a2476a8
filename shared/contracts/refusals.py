"""Refusals: the one error that a service answers with, naming the field and the rule, in codes and machine values.

The sentences for people are put to the codes at the edge, see `shared.words`. At the gateway a refusal becomes a
problem of RFC 9457, https://www.rfc-editor.org/rfc/rfc9457.
"""

import re
from collections.abc import Mapping
from typing import Final

from pydantic_core import PydanticCustomError, to_json

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
MAX_ARGS: Final = 12
MAX_ARG_CHARACTERS: Final = 512
REASON_CODE: Final = r"^[a-z][a-z0-9_]{0,63}$"
"""The form of a reason code: words of lower case with underscores, and so never a sentence."""
UNREADABLE: Final = "unreadable_refusal"
"""The rule of a refusal that came in a form that this release cannot read."""
_CODE: Final = re.compile(REASON_CODE)

Args = Mapping[str, str | int]
"""The values of a sentence, as machines keep them: fen, minutes, instants in ISO 8601, codes, ids."""


class Refused(Exception):  # noqa: N818 - it is the field's word: a request is refused, nothing has gone wrong
    """A request that a rule does not allow. Nothing has been changed.

    `code` is one of STATUS; `rule` the reason code of the rule that is broken, `args` the values of its sentence, and
    `field` the part of the request at fault. Raises ValueError for an unknown code, and for a rule that is no reason
    code: the sentence stands in the catalogues of `shared.words`.
    """

    def __init__(self, code: str, rule: str, *, field: str | None = None, **args: str | int) -> None:
        if code not in STATUS:
            raise ValueError(f"unknown refusal code {code!r}; one of {sorted(STATUS)}")
        if _CODE.match(rule) is None:
            raise ValueError(f"{rule!r} is no reason code: lower case and underscores, at most 64 characters")
        self.code = code
        self.rule = rule
        self.field = field
        self.values: Args = _bounded(args)
        super().__init__(to_json(self.to_json()).decode())

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return STATUS[self.code]

    def to_json(self) -> dict[str, object]:
        """Return the refusal as it is sent in an answer: {code, rule, field, args}."""
        return {"code": self.code, "rule": self.rule, "field": self.field, "args": dict(self.values)}

    @classmethod
    def from_json(cls, error: Mapping[str, object]) -> "Refused":
        """Return the refusal of an answer; the unknown code of a newer release is read as `failed`."""
        code, rule, args, field = (error.get(name) for name in ("code", "rule", "args", "field"))
        read = {name: part for name, part in args.items() if _is_arg(name, part)} if isinstance(args, Mapping) else {}
        return cls(
            code if isinstance(code, str) and code in STATUS else "failed",  # the caller cannot act on another code
            rule if isinstance(rule, str) and _CODE.match(rule) else UNREADABLE,
            field=field if isinstance(field, str) else None,
            **read,
        )


def broken_rule(rule: str, *, field: str | None = None, **args: str | int) -> PydanticCustomError:
    """Return the error by which a model's own validator refuses a value: a reason code instead of a sentence.

    `field` is the field of the model that has to change.
    """
    if _CODE.match(rule) is None:
        raise ValueError(f"{rule!r} is no reason code")
    context: dict[str, object] = {**args} if field is None else {**args, FIELD: field}
    # The code is the message as well: a place that still shows the message then shows no sentence in one language.
    return PydanticCustomError(rule, rule, context)


FIELD: Final = "field_at_fault"
"""The key in an error's context that names the field of the model."""


def _is_arg(name: object, value: object) -> bool:
    return isinstance(name, str) and name not in ("code", "rule", "field") and isinstance(value, str | int)


def _bounded(args: Args) -> Args:
    return {
        name: value[:MAX_ARG_CHARACTERS] if isinstance(value, str) else value
        for name, value in list(args.items())[:MAX_ARGS]
    }
