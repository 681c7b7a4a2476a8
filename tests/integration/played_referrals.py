"""The examples of referrals, which need a second station."""

from datetime import datetime, timedelta

import httpx
from gateway_stack import created, need
from played_examples import Examples


def refer(now: datetime, api: httpx.Client, examples: Examples) -> None:
    """Needs are referred to the example's station: after an enquiry, revoked, rejected, and accepted with a report."""
    code = "110102009099"
    api.post("/v1/areas:batch", json={"rows": [{"code": code, "name": "Oak Lane"}]}).raise_for_status()
    other = created(api, "/v1/stations", {"area": code, "name": "Oak Lane station", "level": "station"})
    for ends in ("revoke_referral", "reject_handover", "accept_handover"):
        body = need(other, due=(now + timedelta(days=9)).isoformat())
        to = {"kind": "station", "id": examples.ids["station"]}
        asked = {"need_id": created(api, "/v1/needs", body), "receiver": to}
        sent = api.post("/v1/referrals", json=asked).json()
        sides = {"referral_id": sent["id"], "handover_id": sent["handover_id"]}
        examples.send("answer_enquiry", sides)
        examples.send("request_referral", sides)
        examples.send(ends, sides)
    examples.send("complete_handover", sides)
    draft = created(api, "/v1/needs", need(other, due=(now + timedelta(days=9)).isoformat(), publish=False))
    kept, examples.ids["need"] = examples.ids["need"], draft
    examples.send("refer_need")
    examples.ids["need"] = kept
