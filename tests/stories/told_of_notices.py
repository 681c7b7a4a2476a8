"""The stories of notices: the message gateway reports, and the station calls where a telephone got nothing."""

from services.volunteering.notices.domain.notices import Notice, make_notice_id
from shared.contracts.volunteering.notices import MESSAGE_GATEWAY, ReportNotice
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import story


@story
def an_offer_that_the_telephone_did_not_get_has_the_station_call_until_it_is_delivered(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    volunteer = city.volunteer(city.home)
    need = city.ask(station, people=1)
    (offer,) = city.offers(need, 1)
    notice = _hand_on(city, need, offer, volunteer)
    undelivered = ReportNotice(notice_id=notice, outcome="undelivered", cause="switched_off")
    assert city.send(undelivered, MESSAGE_GATEWAY)["state"] == "undelivered"
    city.until(lambda: _call_of(city, offer).get("state") == "open", "the station is to call")
    assert _call_of(city, offer)["reason"] == "not_delivered"
    city.send(undelivered, MESSAGE_GATEWAY)
    assert city.send(ReportNotice(notice_id=notice, outcome="delivered"), MESSAGE_GATEWAY)["state"] == "delivered"
    city.until(lambda: _call_of(city, offer).get("outcome") == "delivered", "nobody has to call any more")
    assert city.send(undelivered, MESSAGE_GATEWAY)["state"] == "delivered"


def _hand_on(city: Stage, need: str, dispatch: str, volunteer: str) -> str:
    """Hand the offer to the message gateway, as the worker does; return the notice."""
    now, notice_id = city.now(), make_notice_id(dispatch, "offer")
    sent = Notice(
        id=notice_id, version=1, dispatch_id=dispatch, need_id=need, volunteer_id=volunteer, area=city.home,
        template="offer", state="sent", due=None, until=now + HOUR, tries=1, made_at=now, ended_at=now,
    )  # fmt: skip
    city.keep("volunteering", sent)
    return notice_id


def _call_of(city: Stage, dispatch: str) -> Document:
    shapes: list[Document] = [row["shape"] for row in city.shown("calls")]
    return next((shape for shape in shapes if shape["dispatch_id"] == dispatch), {})
