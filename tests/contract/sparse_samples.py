"""An entity of each sparse type with every field apart from its default."""

from datetime import UTC, datetime
from typing import Any

from services.charity.linking.domain.link import Link, LinkLine
from services.stations.needs.domain.need import Assessment, Need
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.matching.domain.volunteers import Hold, Volunteer
from shared.contracts.charity.linking import Source
from shared.contracts.need_parts import Line, Overdue, Place, Tried, VolunteerRequest, Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.need_intake import AssessmentDue, TriageOverride
from shared.engine import Entity

AT = datetime(2030, 1, 7, 1, tzinfo=UTC)
AREA = "110102009017"
WHY = reason("confirmed_by_standing", count=1)
TRIED = Tried(ring="city", gave=2, reasons=(WHY,), line_id="l1")
WAITING = Waiting(for_what=reason("for_volunteers"), reason=reason("nobody_suitable_free"), next_step=WHY)
HOLD = Hold("dsp_need_1.1", 1_000, 2_000)
AWAY: Any = "paused"
ACTOR = f"actor.stations.{'x' * 43}"
OVERDUE = Overdue(level="station", area=AREA, step=WHY, was_due=AT, next_at=AT)

VOLUNTEER = Volunteer(
    id="vol_1", version=3, area=AREA, home=(116.3, 39.9), tags=("any",), windows=((0, 60),), birth_year=1960,
    standing=True, bookings=(HOLD,), offers=(HOLD,), serving="dsp_need_1.1", month=24_361, taken=1, kept=2, missed=3,
    answered_month=24_360, away=AWAY, away_until=AT, kept_tags=("any",), places=("dsp_need_1.1 116.3 39.9",),
    spent=((21_000, 60),), kept_until=5, asked=(9, 1), stands_for=("vol_2",),
)  # fmt: skip
DISPATCH = Dispatch(
    id="dsp_need_1.1", version=2, volunteer_id="vol_1", state="offered", ring="city", wave=1, standing=True, made_at=AT,
    expires_at=AT, checked_in_at=AT, checked_out_at=AT, minutes=5, stated_for="left_earlier", hours_due=AT, reminded=1,
    moves=1, comes_first=True, why=WHY,
)  # fmt: skip
PLAIN_DISPATCH = Dispatch(id="dsp_need_1.2", volunteer_id="vol_2", state="accepted", ring="city", wave=1, why=WHY)
STAFFING = Staffing(
    id="need_1", version=3, area=AREA, place=(116.3, 39.9), tags=("any",), older_old=True, headcount=2, starts_at=AT,
    ends_at=AT, score=50, waiting_since=AT, urgency="high", theme="elderly_care", groups=("disabled",), state="offered",
    ended="unmet", ended_at=AT, wave=1, wave_open=True, searches=2, dispatches=(DISPATCH, PLAIN_DISPATCH),
    late=("dsp_need_1.1",), recorded_by=(("dsp_need_1.1", "ref_1"),), short=(("dsp_need_1.1", 5),), tried=(TRIED,),
    waiting=(WAITING,), waiting_in="1101", watch_at=AT, need_version=4, asks_since=1, slot_since=1,
    next_slot=(AT, AT.replace(hour=3)), lower_to=1, moves=1, place_since=1, series="home_1", carers=("vol_1",),
)  # fmt: skip
LINK = Link(
    id="need_1", version=3, station_id="st_1", area=AREA, state="partial", priority=50, published_at=AT,
    registered_at=AT, holds_until=AT, restored_until=AT, need_version=1, short=(2,), tried=(TRIED,),
    lines=(
        LinkLine(
            line_id="l1", commodity="goods:rice", requested=9, committed=4, fulfilled=2, divisible=False, min_useful=2
        ),
        LinkLine(line_id="l2", commodity="goods:quilt", requested=9),
    ),
    sources=(Source(line_id="l1", account_id="acc_1", transfer_id="tr_1", ring="city", amount=4),),
)  # fmt: skip
NEED = Need(
    id="need_1", version=3, station_id="st_1", area=AREA, theme="elderly_care", urgency="high", severity=1, due=AT,
    place=Place(lon=116.3, lat=39.9), beneficiaries=2, groups=("disabled",), score=50, score_parts={"urgency": 50},
    lines=(Line(id="l1", kind="goods", item="rice", requested=9),), registered_at=AT, state="published",
    merged_into="need_2",
    triage_override=TriageOverride(score=70, reason_code="support_found", by=ACTOR, at=AT), channel="visit",
    assessments=(Assessment(at=AT, by=ACTOR, risk="low", domains=("health",)),),
    assessment_due=AssessmentDue(due=AT),
    volunteers=VolunteerRequest(headcount=1, starts_at=AT, ends_at=AT.replace(hour=2)), timeline=(("published", AT),),
    announced=2, step_due=AT, published_at=AT, committed=(4,), fulfilled=(2,), link_version=2, staffing_version=2,
    link_waiting=(WAITING,), staffing="offered", volunteers_confirmed=1, checked_in=1, checked_out=1,
    staffing_waiting=(WAITING,), delivered=(2,), rating=5, confirmed_at=AT, evaluated_at=AT, cancelled_at=AT,
    unmet_at=AT, overdue=OVERDUE, published_by=ACTOR, confirmed_by=ACTOR, series="home_1", undone_for="wrong_amounts",
    extended_for="delivery_delayed", reopened_for="still_needed", amended_for="entered_wrongly", amended=("due",),
    lines_made=3, cancelled_for="served_otherwise", referred=True, followed_by="need_2",
)  # fmt: skip
FULL: tuple[Entity, ...] = (VOLUNTEER, STAFFING, LINK, NEED)
