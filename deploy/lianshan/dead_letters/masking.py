"""The masking of a dead letter's body: it is shown without anything that may be about a person. Pure.

Events and timers carry no personal data (law L5). A command does: only the fields named in SHOWN are shown of it, so
that a field which is added tomorrow stays hidden until somebody decides about it.
"""

import json
from typing import Final

from pydantic import JsonValue

from deploy.lianshan.dead_letters.letter import DeadLetter
from shared.contracts.catalogue.entries import KINDS
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.messages import COMMANDS

MASK: Final = "***"
SHOWN: Final = frozenset(
    """
    action amount amount_fen anonymous area areas at attachment_id availability beneficiaries came_at categories cause
    certificate check_id code consent count credit_code days delivered dispatch_id divisible donation_id
    donor_id dropped_lines due end ends_at equivalents evidence expected_into_version expected_version
    expires_at factor form found_at fund_id given_by goods ground groups harms headcount id into_id item kind
    language languages left_at level line_id lines link_id measures min_useful minutes need_id needs new_lines
    notice_id obtained organisation_id outcome payee people people_least people_most person_id publish qualification
    quantity rating reason_code recipient reserve role roles rows scopes services severity sha256 sharing since skills
    slot standing_acceptance start starts_at station_area station_id successor theme unit units until urgency
    correction ends_at expected indicator indicators measured_at results screening_id starts_at treatment way
    age_from age_to answers at_least at_most choices least most scale service source thresholds
    holidays made_up year
    channel domains risk score
    despite head_id household_id members on related_id relation resident_id residents tie
    coordinates dry_run format last number sheet upload
    cancelled days_off ends_on extent home_id moved_to on outcome plan_id recurrence starts_on visit_time visitors
    channel domains risk score answer basis obtained override receiver
    began_at topic topics visit_id volunteer_id volunteers wanted without_volunteers words_version
    attended dimension pass_points points starts_at training_id
    fill_by full_time function worker_id
    employed_on left_on registered_until
    brand day feature functions opens_on pilot_until stage
    """.split()  # noqa: SIM905 - words read better than a list of strings
)
"""Ids, areas, catalogue words, numbers and instants of the commands, and the parts that hold them."""
LABELS: Final = frozenset({"theme", "groups", "item", "service", "unit", "skills", "languages"})
"""The fields of commands that hold words of the catalogue, or anything at all that a caller wrote instead."""

_UNIT_NAMES: Final = frozenset(
    name for entry in SHIPPED.entries.values() for unit in entry.units for name in unit.names
)


def show_body(letter: DeadLetter, *, reveal: bool = False) -> str:
    """Return the body as text, masked where it may be about a person; with `reveal` as it came.

    A body that is no known command is not shown at all: none of its fields is known to be harmless.
    """
    if reveal or letter.kind != "command":
        return letter.text()
    try:
        body = json.loads(letter.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or (letter.service, letter.type) not in COMMANDS:
        return f"({len(letter.body)} bytes that are no known command; they may be about a person: --reveal shows them)"
    return json.dumps(mask(body), ensure_ascii=False, indent=2)


def mask(value: JsonValue) -> JsonValue:
    """Return the value with every field masked that is not in SHOWN, at every depth."""
    if isinstance(value, dict):
        return {key: _mask_field(key, part) for key, part in value.items()}
    return [mask(part) for part in value] if isinstance(value, list) else value


def _mask_field(name: str, value: JsonValue) -> JsonValue:
    if name in LABELS:
        return [_mask_label(one) for one in value] if isinstance(value, list) else _mask_label(value)
    return mask(value) if name in SHOWN else MASK


def _mask_label(label: JsonValue) -> JsonValue:
    known = not isinstance(label, str) or any(SHIPPED.find(kind, label) for kind in KINDS) or label in _UNIT_NAMES
    return label if known else MASK
