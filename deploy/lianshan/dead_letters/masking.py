"""A dead letter's body without what may be about a person. Pure.

Events and timers carry nothing personal (L5). A command does: of it only the fields that are named here are shown, so
that a field which is added tomorrow is hidden until somebody decides.
"""

import json
from typing import Any, Final

from deploy.lianshan.dead_letters.queues import Letter
from shared.contracts.messages import COMMANDS

MASK: Final = "***"
SHOWN: Final = frozenset(
    """
    amount_fen area availability beneficiaries code count days dispatch_id donor_id due end ends_at expected_version
    fund_id goods groups headcount item kind languages level lines need_id needs publish quantity rating rows services
    severity skills standing_acceptance start starts_at station_area station_id theme unit urgency volunteers
    """.split()  # noqa: SIM905 - words read better than a list of strings
)
"""Ids, areas, catalogue words, numbers and instants of the commands, and the parts that hold them."""


def is_personal(letter: Letter) -> bool:
    """Whether its body may speak of a person."""
    return letter.timer is None and letter.origin.endswith(".commands")


def shown(letter: Letter, *, reveal: bool = False) -> str:
    """The body as it may be shown; with `reveal` as it came."""
    if reveal or not is_personal(letter):
        return letter.text()
    try:
        body = json.loads(letter.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or (letter.service, letter.type) not in COMMANDS:
        return f"({len(letter.body)} bytes that are no known command; they may speak of a person: --reveal shows them)"
    return json.dumps(masked(body), ensure_ascii=False, indent=2)


def masked(value: Any) -> Any:
    """The same with every field hidden that is not in SHOWN."""
    if isinstance(value, dict):
        return {key: masked(part) if key in SHOWN else MASK for key, part in value.items()}
    return [masked(part) for part in value] if isinstance(value, list) else value
