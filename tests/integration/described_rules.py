"""A check for schemathesis: a request that is good by its schema is refused only for a rule of this list.

`SCHEMATHESIS_HOOKS=described_rules` loads it.
"""

from collections.abc import Mapping
from typing import Any, Final

import schemathesis
from schemathesis import GenerationMode

BEYOND_A_SCHEMA: Final[Mapping[str, tuple[str, ...]]] = {
    "of text that was given before, or is opaque": (
        "not_a_cursor", "key_of_another_request", "webhook_of_another_request",
    ),
    "of a recurrence, whose parts depend on each other (RFC 5545)": (
        "recurrence_part_unknown", "recurrence_part_twice", "recurrence_value", "recurrence_part_unfit",
        "recurrence_count_and_until", "no_visit_on_day",
    ),
    "of the kinds of numbers: 1.0 is an integer of JSON Schema, and no count": ("int_type",),
    "of characters beside each other": ("no_hidden_characters", "something_visible"),
    "of the parts of an address": ("webhook_url_unreadable", "email_address"),
    "of a numbering plan, or with a check character": (
        "phone_number", "not_a_credit_code", "identity_number_form", "identity_number_region",
        "identity_number_birth_date", "identity_number_check", "certificate_number_form",
    ),
    "of the thing as it stands": ("nothing_amended", "triage_not_overridden"),
    "of days: a bound of theirs is no word of JSON Schema": ("birth_date_too_early",),
    "of the form of a file, which its bytes tell": ("attachment_of_other_form",),
    "of passwords that are guessed first, or are like a name": ("password_too_common", "password_like_name"),
    "of the time of the request": (
        "birth_year_in_future", "birth_date_in_future", "due_passed", "key_ends_in_past", "breach_time_ahead",
        "visit_ahead", "plan_start_range", "day_past", "visit_into_past", "correction_due_range", "day_range",
        "day_not_past", "registration_too_long", "fill_by_range", "training_time_range",
    ),
    "of two values that are compared": (
        "day_of_another_year", "day_off_and_worked", "plan_end_range", "day_after_plan", "recurrence_never",
        "visit_day_range", "calendar_area_too_small", "purpose_in_plan",
        "end_not_after_start", "due_not_later", "breach_notice_before_found", "fewer_than_the_least",
        "area_of_wrong_level", "stands_there_already", "merged_into_itself", "merged_across_levels",
        "successor_in_another_city", "fund_area_too_wide", "birth_year_contradicts", "person_named_twice",
        "left_before_employed", "employed_before_left", "headcount_below_filled",
        "home_area_too_wide", "ends_before_it_begins", "threshold_ages_reversed",
        "threshold_out_of_range", "choices_differ", "known_answer",
    ),
    "of fields that go together: oneOf could state it, and would hide them from generated clients": (
        "one_receiver", "one_donor", "station_receives_goods", "fund_receives_money", "one_way_to_find",
        "id_or_details", "item_has_form", "notice_or_reason", "payee_of_kind", "nothing_to_change", "one_place_of_feed",
        "account_scope_impossible", "volunteer_account_alone", "volunteer_needs_account",
        "admin_reaches_everywhere", "agency_reads_alone", "nothing_asked_for", "planned_without_day",
        "day_of_another_stage", "field_of_another_extent", "day_missing", "home_missing", "cancelled_and_moved",
        "preview_first", "consent_or_override", "resident_or_contact",
        "licence_incomplete", "licence_without_level", "one_way_to_find_worker", "no_consents_of_kind",
        "number_has_unit", "number_has_range", "only_number_has_unit", "only_choice_has_choices",
        "threshold_has_answers", "threshold_has_bounds",
        "theme_of_needs_alone", "exact_without_times", "mark_of_csv_alone", "removed_and_given",
    ),
    "of the catalogue, the areas, the people and the events that there are": (
        "unknown_area", "one_entry_a_name", "scope_not_held", "known_equivalent", "successor_in_use", "unknown_label",
        "unlike_any_label", "unknown_event_type", "no_such_event_type", "works_elsewhere", "role_not_held",
        "unknown_figure", "indicator_not_in_force",
    ),
}  # fmt: skip
"""The rules that a JSON Schema cannot state, by their kind."""
_BEYOND: Final = frozenset(rule for rules in BEYOND_A_SCHEMA.values() for rule in rules)
_BAD_FORM: Final = {400, 413, 415}


@schemathesis.check
def refused_for_a_rule_beyond_the_schema(_ctx: Any, response: Any, case: Any) -> None:
    """Fail where a request of a good form is refused for its form."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    assert response.status_code not in _BAD_FORM, f"refused with {response.status_code}, though its schema is kept"
    if response.status_code == 422:
        problem = response.json()
        rules = {each["rule"] for each in problem.get("errors", ())} or {problem["rule"]}
        assert rules <= _BEYOND, (
            f"refused for {sorted(rules - _BEYOND)}, though its schema is kept: state the rule in the schema, "
            f"or list it in tests/integration/described_rules.py. {problem['detail']}"
        )
