"""Editing: the station corrects a draft, for which nothing was linked and nobody was asked yet."""

from datetime import datetime

from services.stations.needs.domain.intake import check_request, round_place, to_line, to_request, to_stored
from services.stations.needs.domain.need import Need, require_state
from services.stations.needs.domain.triage import score_parts
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_codes, require_entry
from shared.contracts.stations.amending import NeedEdit


def edited(need: Need, asked: NeedEdit, catalogue: Catalogue, now: datetime, area: str) -> Need:
    """Return the draft with the given fields, in `area`, and its new score. It is to be announced.

    Its waiting counts from its registration on, and so does the deadline of its publication. Raises
    Refused("wrong_state") where it is no draft any more, and Refused("invalid") as a registration does, see
    `check_request`: of due time, lines and volunteers together where any of them is to change.
    """
    require_state(need, ("draft",), "edit")
    requests = _list_requests(asked, catalogue)
    facts = {**_list_facts(asked, catalogue), **requests, "area": area, "announced": need.version + 1}
    after = need.model_copy(update=facts)
    if requests or asked.due is not None:
        check_request(after, now)
    parts = score_parts(after.severity, after.urgency, after.groups)
    score = sum(parts.values()) if need.triage_override is None else need.triage_override.score
    return after.model_copy(update={"score": score, "score_parts": parts})


def _list_facts(asked: NeedEdit, catalogue: Catalogue) -> dict[str, object]:
    facts: dict[str, object] = {
        name: value
        for name in ("station_id", "channel", "urgency", "severity")
        if (value := getattr(asked, name)) is not None
    }
    if asked.theme is not None:
        facts["theme"] = require_entry(catalogue, "theme", asked.theme, "theme").code
    if asked.due is not None:
        facts["due"] = to_stored(asked.due)
    if asked.location is not None:
        facts["place"] = round_place(asked.location)
    if asked.beneficiaries is not None:
        facts["beneficiaries"] = asked.beneficiaries.count
        facts["groups"] = require_codes(catalogue, "group", asked.beneficiaries.groups, "beneficiaries.groups")
    return facts


def _list_requests(asked: NeedEdit, catalogue: Catalogue) -> dict[str, object]:
    requests: dict[str, object] = {}
    if asked.lines is not None:
        lines = tuple(to_line(nth, line, catalogue, "lines") for nth, line in enumerate(asked.lines))
        requests |= {"lines": lines, "committed": (0,) * len(lines), "fulfilled": (0,) * len(lines)}
    if asked.volunteers is not None or asked.without_volunteers:
        requests["volunteers"] = to_request(asked.volunteers, catalogue)
    return requests
