"""Merges over HTTP with the services behind them: old ids resolve on all paths that read a person, until parted."""

from typing import Any

import httpx
import pytest
from gateway_stack import AREA, created, serve_need, until, volunteer
from waiting import eventually

pytestmark = pytest.mark.integration


def ids(answer: httpx.Response) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


def test_two_registrations_become_one_volunteer_whom_both_ids_find_and_two_again(api: httpx.Client) -> None:
    need_id, old = serve_need(api)
    api.post(f"/v1/needs/{need_id}/confirm", json={})
    until(lambda: api.get(f"/v1/timebank/{old}").json()["balance_minutes"] == 1, "the minute is credited")
    new = created(api, "/v1/volunteers", volunteer(name="Wu Invented", external_id="merged-new"))
    third = created(api, "/v1/volunteers", volunteer(external_id="merged-old"))
    seen = until(lambda: (answer := api.get(f"/v1/volunteers/{old}")).is_success and answer, "the volunteer is shown")
    merged = api.post(f"/v1/volunteers/{old}/merge", json={"into_id": new}, headers={"If-Match": seen.headers["ETag"]})
    assert (merged.status_code, merged.json()["state"]) == (200, "merged"), merged.text
    assert api.post(f"/v1/volunteers/{third}/merge", json={"into_id": new}).status_code == 200

    def merged_everywhere() -> None:
        shown = api.get(f"/v1/volunteers/{old}").json()
        assert (shown["id"], shown["name"], set(shown["merged_ids"])) == (new, "Wu Invented", {old, third})
        assert old not in ids(api.get("/v1/volunteers", params={"limit": 200}))
        for name in ("merged-old", "merged-new"):
            assert ids(api.get("/v1/volunteers", params={"external_id": name})) == [new]
        for one in (old, new):
            assert api.get(f"/v1/timebank/{one}").json()["balance_minutes"] == 1
            assert [item["volunteer_id"] for item in listed(api, "dispatches", volunteer_id=one)] == [old]

    def on_record() -> None:
        by_old = listed(api, "audit", subject=old)
        assert {item["id"] for item in by_old} == {item["id"] for item in listed(api, "audit", subject=new)}
        assert any(item["what"] == "volunteer" and set(item["about"]) == {old, new} for item in by_old)

    eventually(merged_everywhere)
    eventually(on_record)
    again = api.post(f"/v1/volunteers/{old}/merge", json={"into_id": new})
    assert (again.status_code, again.json()["rule"], again.json()["args"]["survivor"]) == (409, "merged_already", new)

    parted = api.post(f"/v1/volunteers/{old}/unmerge", json={"reason_code": "different_people"})
    assert (parted.status_code, parted.json()["state"]) == (200, "unmerged"), parted.text

    def parted_everywhere() -> None:
        assert api.get(f"/v1/volunteers/{old}").json()["id"] == old
        assert [api.get(f"/v1/timebank/{one}").json()["balance_minutes"] for one in (old, new)] == [1, 0]
        assert balances(api, old) == [(old, 1)]
        history = api.get(f"/v1/volunteers/{new}/merges").json()
        assert history["person"]["merged_ids"] == [third]
        told = [(item["merged_id"], item["state"]) for item in history["items"]]
        assert told == [(third, "merged"), (old, "unmerged")]

    eventually(parted_everywhere)


def test_gifts_of_a_donor_are_found_under_every_id(api: httpx.Client) -> None:
    old, new = (created(api, "/v1/donors", {"name": "Elm Invented", "area": AREA}) for _ in range(2))
    fund = created(api, "/v1/funds", {"area": AREA, "name": "Fund"})
    gifts = [created(api, "/v1/donations", {"fund_id": fund, "amount_fen": 100, "donor_id": old})]
    assert api.post(f"/v1/donors/{old}/merge", json={"into_id": new}).status_code == 200
    gifts.append(created(api, "/v1/donations", {"fund_id": fund, "amount_fen": 200, "donor_id": old}))

    def under_every_id() -> None:
        for donor in (old, new):
            found = {item["id"]: item["donor_id"] for item in listed(api, "donations", donor_id=donor)}
            assert found == dict(zip(gifts, (old, new), strict=True))
            assert api.get(f"/v1/donors/{donor}").json()["id"] == new

    eventually(under_every_id)
    assert api.post(f"/v1/donors/{old}/unmerge", json={"reason_code": "merged_by_mistake"}).status_code == 200

    def under_its_own_again() -> None:
        assert [item["id"] for item in listed(api, "donations", donor_id=old)] == gifts[:1]

    eventually(under_its_own_again)


def balances(api: httpx.Client, volunteer: str) -> list[tuple[str, int]]:
    rows = listed(api, "timebank", volunteer_id=volunteer)
    return [(row["volunteer_id"], row["balance_minutes"]) for row in rows]


def listed(api: httpx.Client, path: str, **params: str) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/{path}", params={**params, "limit": 200})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])
