"""Merge (合并): a need that was registered twice ends as a duplicate; the other need of its station goes on."""

from datetime import datetime, timedelta
from typing import Final

from services.stations.needs.domain.amended_lines import amend_lines
from services.stations.needs.domain.amendment import Terms, amended
from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.need_parts import Line
from shared.contracts.refusals import Refused
from shared.contracts.stations.amending import NeedAmendment
from shared.contracts.stations.need_merging import MergeNeed
from shared.contracts.stations.need_request import GoodsAsked, LineAsked, MoneyAsked, ServiceAsked
from shared.contracts.stations.needs import NeedState

ENDS: Final[tuple[NeedState, ...]] = ("draft", "published", "ready")
"""The states of a need that may end as a duplicate: once somebody serves it, its service counts."""
GOES_ON: Final[tuple[NeedState, ...]] = ("draft", "published", "ready", "in_service", "served")


def require_mergeable(need: Need, into: Need) -> None:
    """Refuse a merge of these two.

    Raises Refused: "invalid" for a need with itself or of another station, "wrong_state" where the first is served
    already or either has ended, and for a draft that a published need is to go into.
    """
    if need.id == into.id:
        raise Refused("invalid", "merged_with_itself", field="into_id")
    if need.station_id != into.station_id:
        raise Refused("invalid", "merged_across_stations", field="into_id")
    require_state(need, ENDS, "merge")
    if into.state not in GOES_ON:
        raise Refused("wrong_state", "survivor_has_ended", field="into_id", state=into.state)
    if into.state == "draft" and need.state != "draft":
        # Its supply and people would go for a need that asks for none yet.
        raise Refused("wrong_state", "survivor_is_a_draft", field="into_id")


def merged(need: Need, into: Need, now: datetime) -> Need:
    """Return the need ended as a duplicate of the other. It is to be announced as cancelled."""
    return with_facts(need, now, cancelled_at=now, cancelled_for="duplicate", merged_into=into.id)


def amendment_of(asked: MergeNeed, need: Need, purposes: dict[str, str]) -> NeedAmendment | None:
    """Return the amendment of the surviving need: the lines that it takes over, and its headcount. None for neither.

    `purposes` are those of the money lines of the need that ends. Raises Refused("invalid") for a line that it does not
    have, or that is named twice.
    """
    known = {line.id: line for line in need.lines}
    for nth, line_id in enumerate(asked.lines):
        if line_id not in known:
            raise Refused("invalid", "line_unknown", field=f"lines.{nth}", line=line_id)
        if line_id in asked.lines[:nth]:
            raise Refused("invalid", "line_named_twice", field=f"lines.{nth}", line=line_id)
    taken = tuple(_ask_again(known[line_id], purposes.get(line_id, "")) for line_id in asked.lines)
    if not taken and asked.headcount is None:
        return None
    return NeedAmendment(reason_code="entered_wrongly", new_lines=taken, headcount=asked.headcount)


def with_taken(into: Need, asked: NeedAmendment, catalogue: Catalogue, now: datetime, most: timedelta) -> Need:
    """Return the surviving need with the lines and the headcount of the amendment. It is to be announced.

    Raises Refused as an amendment does; a draft, which is edited and not amended, takes them by the same rules.
    """
    if into.state != "draft":
        return amended(into, asked, catalogue, now, Terms(into.area, most))
    if asked.headcount is not None and into.volunteers is None:
        raise Refused("invalid", "no_volunteers_asked", field="headcount")
    facts: dict[str, object] = {**amend_lines(into, asked, catalogue)._asdict(), "announced": into.version + 1}
    if asked.headcount is not None and into.volunteers is not None:
        facts["volunteers"] = into.volunteers.model_copy(update={"headcount": asked.headcount})
    return into.model_copy(update=facts)


def _ask_again(line: Line, purpose: str) -> LineAsked:
    """Return the request by which the line came: the same unit, divisibility and least useful part."""
    factor = line.requested // (line.quantity or line.requested)
    least = line.min_useful // factor if line.divisible and line.min_useful > 1 else None
    if line.kind == "money":
        return MoneyAsked(
            kind="money", amount_fen=line.requested, purpose=purpose, divisible=line.divisible, min_useful=least
        )
    quantity = line.quantity or line.requested
    if line.kind == "goods":
        return GoodsAsked(
            kind="goods", item=line.item or "", quantity=quantity, unit=line.unit or "", divisible=line.divisible,
            min_useful=least,
        )  # fmt: skip
    return ServiceAsked(
        kind="service", item=line.item or "", quantity=quantity, divisible=line.divisible, min_useful=least
    )
