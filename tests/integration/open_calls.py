"""A call to a volunteer who wants no notices, as a worker opens it."""

from zoneinfo import ZoneInfo

from gateway_stack import RunningGateway, until

from services.volunteering.dispatch.domain.staffing import need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.notices.domain.notices import CALLED, Notice
from services.volunteering.notices.domain.planning import Rules
from services.volunteering.notices.domain.sending import Skipped
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.notices.steps import DispatchesChanged, NoticeTried, plan_step, record_step
from shared.contracts.reasons import reason
from shared.engine.run.units import Units
from shared.runtime.clock import Clock

RULES = Rules(NoticePolicy(), DispatchPolicy(), ZoneInfo("Asia/Shanghai"))


def open_call(gateway: RunningGateway, dispatch_id: str) -> str:
    """Plan the notices of an offer or booking, and have the first find that its volunteer wants none; return the call's
    id.
    """
    need_id = need_of(dispatch_id) or ""
    with gateway.database("volunteering") as database:
        units = Units(database, gateway.room.amqp_uri, Clock(), "calls")
        units.run([("plan", DispatchesChanged(need_id, [dispatch_id]), plan_step(RULES))])
        row = database[Notice.collection].find_one({"dispatch_id": dispatch_id, "template": {"$in": sorted(CALLED)}})
        notice = Notice.from_document(row)
        tried = NoticeTried(
            notice.id, need_id, dispatch_id, notice.template, Skipped(reason("notice_not_wanted"), "opted_out")
        )
        units.run([("record", tried, record_step(RULES))])
    call_id = f"call_{dispatch_id}.{notice.template}"
    with gateway.client() as api:
        until(lambda: api.get(f"/v1/calls/{call_id}").status_code == 200, "the call is listed")
    return call_id
