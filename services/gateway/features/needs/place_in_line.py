"""The reasons for a need's place among others that change with time: its waiting, and the time that is left. Pure."""

from datetime import datetime, timedelta
from typing import Final

from shared.contracts.priority_bands import RISES_EVERY, find_band, find_first_band
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import ENDED

HOUR: Final = timedelta(hours=1)


def explain_place(need: NeedAnswer, since: datetime | None, now: datetime) -> tuple[Reason, ...]:
    """Return the band of an open need at `now`, by its score and its waiting since its registration, and its due time.

    None of a need that has ended. The due time adds no points: the urgency, which a person judges, stands for it.
    """
    if need.state in ENDED or since is None:
        return ()
    waited = max(timedelta(), now - since)
    band, first = find_band(need.score, since, now), find_first_band(need.score)
    left = max(timedelta(), need.due - now)
    return (
        reason("score_band", score=need.score, band=first),
        reason(
            "score_waiting",
            minutes=waited // timedelta(minutes=1),
            risen=band - first,
            band=band,
            hours=RISES_EVERY // HOUR,
        ),
        reason("score_due", due=need.due.isoformat(timespec="minutes"), minutes=left // timedelta(minutes=1)),
    )
