"""Opening: the link of a need that is published, or open again after its end. Pure."""

from datetime import datetime

from services.charity.linking.domain.link import Link, LinkLine
from shared.contracts.need_parts import Line
from shared.contracts.stations.needs import NeedSnapshot


def opened(need: NeedSnapshot, now: datetime, holds_until: datetime | None = None) -> Link:
    """Return the link of a need that was just published, with no reservation yet.

    `now` (UTC) counts as the publication where the event names none, as those of a need that was never published.
    `holds_until` (UTC) is the instant from which it holds no part that is of no use by itself.
    """
    return Link(
        id=need.need_id,
        station_id=need.station_id,
        area=need.area,
        priority=need.score,
        published_at=need.published_at or now,
        registered_at=need.registered_at,
        holds_until=holds_until,
        need_version=need.version,
        lines=open_lines(need),
    )


def opened_again(link: Link | None, need: NeedSnapshot, now: datetime) -> Link:
    """Return the link of a need that holds nothing yet and is open; `link` is the one that had ended, if known."""
    fresh = opened(need, now)
    return fresh if link is None else fresh.model_copy(update={"version": link.version})


def open_lines(need: NeedSnapshot) -> tuple[LinkLine, ...]:
    """Return the lines of the need, nothing of which is held yet."""
    return tuple(_open_line(line) for line in need.lines)


def _open_line(line: Line) -> LinkLine:
    return LinkLine(
        line_id=line.id,
        commodity=line.commodity,
        requested=line.requested,
        divisible=line.divisible,
        min_useful=line.min_useful,
    )
