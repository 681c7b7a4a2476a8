"""The telephone of a volunteer over HTTP: for the area of the need to which they come, on record."""

import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, station, until, volunteer
from things_elsewhere import dispatch_of

pytestmark = pytest.mark.integration


def test_the_needs_area_reads_the_telephone_of_who_comes_and_the_volunteers_own_area_does_not(
    gateway: RunningGateway,
) -> None:
    with (
        gateway.client() as admin,
        gateway.client(gateway.key("station_worker", area=STREET)) as worker,
        gateway.client(gateway.key("station_worker", area=ELSEWHERE)) as elsewhere,
        gateway.client(gateway.key("reader", area=STREET)) as reader,
    ):
        lives_far = created(admin, "/v1/volunteers", volunteer(area=ELSEWHERE, skills=["medical_escort"]))
        offered = admin.get(f"/v1/dispatches/{dispatch_of(admin, station(admin), skills=['medical_escort'])}").json()
        need_id = offered["need_id"]
        path = f"/v1/needs/{need_id}/volunteers/{lives_far}"
        assert (offered["volunteer_id"], worker.get(path).status_code) == (lives_far, 404), "only asked so far"
        assert admin.post(f"/v1/dispatches/{offered['id']}/accept").status_code == 200
        shown = worker.get(path).json()
        assert (shown["dispatch_id"], shown["state"], shown["phone"][:3]) == (offered["id"], "accepted", "+86")
        assert worker.get(f"/v1/volunteers/{lives_far}").status_code == 404
        assert (elsewhere.get(path).status_code, reader.get(path).status_code) == (404, 403)
        wanted = {"subject": need_id, "limit": 1}
        (row,) = until(lambda: admin.get("/v1/audit", params=wanted).json()["items"], "the row of the reading")
        assert (row["what"], row["areas"], row["why"]) == ("volunteer_contact", [AREA, ELSEWHERE], f"GET {path}")
