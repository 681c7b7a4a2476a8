"""Override of the triage (分级调整): a supervisor gives a need another score; the computed one stays beside it."""

from datetime import datetime
from typing import Final

from services.stations.needs.domain.need import Need, require_state
from services.stations.needs.domain.triage import explain_parts
from shared.contracts.access import Reference
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import Refused
from shared.contracts.stations.need_intake import TriageOverride
from shared.contracts.stations.needs import NeedState
from shared.contracts.stations.triage import OverrideTriage

UNSERVED: Final[tuple[NeedState, ...]] = ("draft", "published", "ready")
"""The states in which the score still decides about supply and volunteers."""


def overridden(need: Need, asked: OverrideTriage, by: Reference, now: datetime) -> Need:
    """Return the need with the score of the supervisor, or with the computed one again. It is to be announced.

    Raises Refused: "wrong_state" once somebody serves it or it has ended, "invalid" for the score that it has already.
    """
    require_state(need, UNSERVED, "triage")
    if asked.score is None and need.triage_override is None:
        raise Refused("invalid", "triage_not_overridden", field="score", score=need.score)
    if asked.score is not None and need.triage_override is not None and asked.score == need.score:
        raise Refused("invalid", "triage_unchanged", field="score", score=need.score)
    override, score = None, sum(need.score_parts.values())
    if asked.score is not None:
        score = asked.score
        override = TriageOverride(score=score, reason_code=asked.reason_code, by=by, at=now)
    facts: dict[str, object] = {"triage_override": override, "score": score, "announced": need.version + 1}
    if need.state != "draft":
        facts |= {"amended": ("triage",), "amended_for": asked.reason_code}
    return need.model_copy(update=facts)


def explain_score(need: Need) -> tuple[Reason, ...]:
    """Return the reasons for the score of the need: the computed parts, and the override where there is one."""
    parts = explain_parts(need.severity, need.urgency, need.groups)
    made = need.triage_override
    if made is None:
        return parts
    computed = sum(need.score_parts.values())
    return (*parts, reason("score_overridden", score=made.score, computed=computed, because=made.reason_code))
