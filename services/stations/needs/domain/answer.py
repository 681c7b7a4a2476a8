"""The need as stations answers it, without title or other words: answers are stored for their key in clear."""

from services.stations.needs.domain.assessment import describe_latest
from services.stations.needs.domain.need import Need, explain_waiting, told_state
from shared.contracts.need_parts import Line
from shared.contracts.stations.need_answers import NeedAnswer


def to_answer(need: Need) -> NeedAnswer:
    """Return the outward shape of the need, with the parts of its score and its timeline.

    `version` is the last announced one, which every reader of the events knows.
    """
    # Validated in one piece: a model made for each part would take half as long again, for every command.
    return NeedAnswer.model_validate(
        {
            "id": need.id,
            "version": need.announced,
            "state": told_state(need),
            "station_id": need.station_id,
            "area": need.area,
            "theme": need.theme,
            "urgency": need.urgency,
            "severity": need.severity,
            "score": need.score,
            "score_parts": need.score_parts,
            "score_reasons": (),
            "due": need.due,
            "place": need.place,
            "beneficiaries": {"count": need.beneficiaries, "groups": need.groups},
            "lines": [_line(*parts) for parts in zip(need.lines, need.committed, need.fulfilled, strict=True)],
            "volunteers": _volunteers(need),
            "waiting": explain_waiting(need),
            "channel": need.channel,
            "triage_override": need.triage_override,
            "merged_into": need.merged_into,
            "assessment": describe_latest(need),
            "assessment_due": need.assessment_due,
            "timeline": _timeline(need),
            "rating": need.rating,
        }
    )


def _line(line: Line, committed: int, fulfilled: int) -> dict[str, object]:
    money = line.kind == "money"
    return {
        "id": line.id,
        "kind": line.kind,
        "item": line.item,
        "unit": line.unit,
        "quantity": line.quantity,
        "base_unit": line.base_unit,
        "amount_fen": line.requested if money else None,
        "requested": line.requested,
        "divisible": line.divisible,
        "min_useful": line.min_useful,
        "committed": committed,
        "fulfilled": fulfilled,
    }


def _timeline(need: Need) -> list[dict[str, object]]:
    passed: list[dict[str, object]] = [{"state": state, "at": at} for state, at in need.timeline]
    if passed and passed[-1]["state"] == need.state:
        passed[-1]["state"] = told_state(need)
    return passed


def _volunteers(need: Need) -> dict[str, object] | None:
    asked = need.volunteers
    if asked is None:
        return None
    return {
        "headcount": asked.headcount,
        "skills": asked.skills,
        "languages": asked.languages,
        "starts_at": asked.starts_at,
        "ends_at": asked.ends_at,
        "confirmed": need.volunteers_confirmed,
    }
