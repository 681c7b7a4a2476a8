"""Each refusal, reason and next step that the code gives during a test has every value that its sentence names.

`tests/unit/words` reads the same from the syntax, where a call names its values; here it is seen where they are given.
A refusal of a request by a service also names the field at fault, as a path of the request.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from shared.contracts.plain import NextStep
from shared.contracts.reasons import Reason
from shared.contracts.refusals import Refused
from shared.words.catalogues import sentences
from shared.words.wording import placeholders

OURS: Final = ("services.", "shared.", "deploy.")
PASSES_ON: Final = frozenset({"shared.contracts.reasons", "shared.contracts.refusals"})
"""Modules that give a reason for their caller, or read one from an answer."""
REQUESTED: Final = frozenset({"invalid", "not_found", "wrong_state", "conflict", "version_mismatch"})
"""Refusal codes for which the caller has to change a part of the request, or the thing that it names."""
OF_NO_FIELD: Final = frozenset({"catalogue_full"})
"""Rules that no other value of a field would meet."""
FIELD: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*|If-Match|Idempotency-Key")
_incomplete: list[str] = []
_made: list[Any] = []


@pytest.fixture(autouse=True)
def whole_reasons() -> Iterator[None]:
    """Fail the test in which a reason was given without a value of its sentence, or a refusal without its field."""
    _incomplete.clear()
    yield
    if _incomplete:
        pytest.fail("; ".join(_incomplete))


def pytest_configure() -> None:
    """Look at each refusal, reason and next step as it is made."""
    refuse, give, step = _made[:] = Refused.__init__, Reason.__init__, NextStep.__init__

    def refused(self: Refused, code: str, rule: str, *, field: str | None = None, **args: str | int) -> None:
        refuse(self, code, rule, field=field, **args)
        place = _note(rule, args if field is None else {**args, "field": field})
        asked = place.startswith("services.") and code in REQUESTED and rule not in OF_NO_FIELD
        if asked and not (field and FIELD.fullmatch(field)):
            _incomplete.append(f"{rule} with the field {field!r} in {place}")

    def reason(self: Reason, **fields: Any) -> None:
        give(self, **fields)
        _note(self.code, {**self.args, "field": "which the edge knows: it is the place of the value"})

    def next_step(self: NextStep, **fields: Any) -> None:
        step(self, **fields)
        _note(self.code, self.args)

    Refused.__init__ = refused  # type: ignore[method-assign]
    Reason.__init__ = reason  # type: ignore[method-assign, assignment]
    NextStep.__init__ = next_step  # type: ignore[method-assign, assignment]


def pytest_unconfigure() -> None:
    """Leave them as they were: a process may run several sessions."""
    Refused.__init__, Reason.__init__, NextStep.__init__ = _made  # type: ignore[method-assign]


def _note(code: str, values: Mapping[str, object]) -> str:
    """Note the values that are missing, and return the module that gave the others."""
    # Of the caller of the call: a test may give a reason that is not whole.
    frame = sys._getframe(2)
    if frame.f_globals["__name__"] == "shared.contracts.reasons" and frame.f_back is not None:
        frame = frame.f_back
    place = str(frame.f_globals["__name__"])
    missing = _needed(code) - values.keys() - {"first"}
    if missing and place.startswith(OURS) and place not in PASSES_ON:
        _incomplete.append(f"{code} without {', '.join(sorted(missing))} in {place}")
    return place


@cache
def _needed(code: str) -> frozenset[str]:
    """Return the values that the sentences of the code name; none of a code that a test has made up."""
    forms = [form for language in ("en", "zh") for form in sentences(language).get(code, ())]
    named = {placeholder for form in forms for placeholder in placeholders(form)}
    # An amount is read in the unit of its commodity, which has no placeholder of its own.
    counted = {"commodity"} if any(kind == "quantity" for _, kind in named) else set()
    return frozenset({name for name, _ in named} | counted)
