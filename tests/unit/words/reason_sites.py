"""The places in the code that raise or record a reason code, read from its syntax: the code and the values given."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
CALLS: Final = {
    "Refused": 1, "Problem": 2, "broken_rule": 0, "reason": 0, "FileProblem": 0, "CellProblem": 0,
    "AddressRefusedError": 0, "SendingFailedError": 0, "TokenRefusedError": 0, "ScopeMissingError": 0,
    "SignatureRefusedError": 0, "attempt_failure": 0, "WebhookEnding": 1,
}  # fmt: skip
"""The calls that take a reason code, and the place of the code among their arguments."""
BY_NAME: Final = "NextStep"
"""The call that takes it as `code=`, and its values as `args={…}`."""
WORDED: Final = "sentence"
_NAMED: Final = re.compile(rf"\b({'|'.join((*CALLS, BY_NAME, WORDED))})\(")
NOT_VALUES: Final = frozenset({"field", "headers", "errors"})


@dataclass(frozen=True)
class Site:
    """One call: the code is None where it is no literal, and `whole` false where values are passed on by `**`."""

    call: str
    place: str
    code: str | None
    values: frozenset[str]
    whole: bool
    has_field: bool


@cache
def sites() -> tuple[Site, ...]:
    """Return each call in services, shared and deploy that takes a reason code; read once."""
    return tuple(_read())


def _read() -> Iterator[Site]:
    for part in ("services", "shared", "deploy"):
        for file in sorted((ROOT / part).rglob("*.py")):
            text = file.read_text("utf-8")
            # Most files give no reason: to search them is quicker than to parse them.
            for node in ast.walk(ast.parse(text)) if _NAMED.search(text) else ():
                if isinstance(node, ast.Call) and (site := _site(node, file)) is not None:
                    yield site


def _site(call: ast.Call, file: Path) -> Site | None:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if isinstance(call.func, ast.Attribute) and call.func.attr == WORDED:
        return _worded(call, file)
    if name == BY_NAME:
        return _next_step(call, file)
    if name not in CALLS or len(call.args) <= CALLS[name]:
        return None
    given = call.args[CALLS[name]]
    named = {keyword.arg for keyword in call.keywords}
    return Site(
        call=name,
        place=f"{file.relative_to(ROOT)}:{call.lineno}",
        code=given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None,
        values=frozenset(arg for arg in named if arg is not None) - NOT_VALUES,
        whole=None not in named,
        has_field="field" in named,
    )


def _next_step(call: ast.Call, file: Path) -> Site:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    code, args = given.get("code"), given.get("args")
    keys = args.keys if isinstance(args, ast.Dict) else []
    return Site(
        call=BY_NAME,
        place=f"{file.relative_to(ROOT)}:{call.lineno}",
        code=code.value if isinstance(code, ast.Constant) and isinstance(code.value, str) else None,
        values=frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant)),
        whole=args is None or isinstance(args, ast.Dict),
        has_field=False,
    )


def _worded(call: ast.Call, file: Path) -> Site | None:
    """A sentence that the edge itself puts together: `words.sentence("score", {"score": 5})`."""
    match call.args:
        case [ast.Constant(value=str(code)), ast.Dict(keys=keys)]:
            values = frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))
            return Site(WORDED, f"{file.relative_to(ROOT)}:{call.lineno}", code, values, whole=True, has_field=False)
        case [ast.Constant(value=str(code)), *_]:
            return Site(
                WORDED, f"{file.relative_to(ROOT)}:{call.lineno}", code, frozenset(), whole=False, has_field=False
            )
    return None
