"""Each example of a body in the description is sent, and taken: a reader can copy it."""

from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest
from gateway_stack import WITHOUT_STATION, created, need, state_is, until, volunteer
from linked_offer import misdirect_offer, offer_with_link
from monday_city import City, city_on_monday
from people_signed_in import WORDS
from played_examples import Examples
from played_referrals import refer
from played_screening import screen
from played_staff import register_people_of_stations
from stacks import Servers
from webhook_town import SETTINGS as WEBHOOKS

from shared.runtime.webhook_signatures import new_secret

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
STREET = "110102009"
SETTINGS = {"payment_limit_fen": "15000", "notice_report_secret": new_secret(bytes(32)), **WEBHOOKS}


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with city_on_monday(servers, tmp_path_factory.mktemp("city"), **SETTINGS) as running:
        yield running


def test_every_example_of_a_body_is_taken(city: City) -> None:
    another = city.gateway.key("supervisor", "charity_officer", "volunteer_coordinator")
    with city.gateway.client() as api, city.gateway.client(another) as officer:
        examples = Examples(api, city.now())
        register_areas_and_words(examples)
        import_a_file(examples)
        play_organisations_and_breaches(examples)
        give(api, examples)
        supervise(officer, examples)
        plan(city, api, examples)
        register_people_of_stations(examples)
        screen(examples, officer)
        play_people(api, examples)
        misdirect(city, api, examples)
        share_contacts(city, examples)
        need_id = serve(city, api, officer, examples)
        pay(api, officer, examples, need_id)
        change_needs(city, api, examples)
        check(api, examples)
        connect(api, examples)
        let_in(city, api, examples)
        leave(examples)
        assert examples.left == set()


def register_areas_and_words(examples: Examples) -> None:
    examples.send("import_areas")
    examples.send("add_entry")
    examples.send("extend_entry", {"kind": "item", "code": "mask"})
    examples.send("retire_entry", {"kind": "item", "code": "milk_powder_stage_1"})
    examples.send("rotate_key", {"key_id": examples.send("make_key")["id"]})


def import_a_file(examples: Examples) -> None:
    job = {"job_id": examples.send("begin_import")["id"]}
    examples.send("cancel_stations_job", job)
    examples.send("close_stations_job", job)
    examples.send("cancel_export", {"export_id": examples.send("begin_export")["id"]})


def play_organisations_and_breaches(examples: Examples) -> None:
    organisation = examples.ids["organisation"] = examples.send("register_organisation")["id"]
    for action in ("change", "suspend", "resume"):
        examples.send(f"{action}_organisation", {"organisation_id": organisation})
    breach = examples.send("record_breach")["id"]
    for action in ("change_breach", "notify_authority", "require_notice", "notify_people", "close_breach"):
        examples.send(action, {"breach_id": breach})


def plan(city: City, api: httpx.Client, examples: Examples) -> None:
    calendar = {"calendar_id": examples.send("upload_calendar")["id"]}
    examples.send("amend_calendar", calendar)
    examples.send("withdraw_calendar", calendar)
    registered = examples.send("register_plan")
    plan_id = examples.ids["plan"] = registered["id"]
    draft = need(examples.ids["station"], due=(city.now() + timedelta(days=1)).isoformat(), publish=False)
    examples.ids["need"] = created(api, "/v1/needs", draft)
    home = {"home_id": examples.send("add_home")["id"]}
    visits = until(lambda: api.get("/v1/occurrences", params=home).json()["items"], "the visits are made")
    examples.refuse("settle_missed_visit", {"occurrence_id": visits[0]["id"]}, "visit_not_missed")
    later = date.fromisoformat(registered["starts_on"]) + timedelta(days=34)
    edit = {"extent": "following", "on": str(later), "visit_time": "14:00"}
    preview = api.get(f"/v1/plans/{plan_id}/preview", params=edit).json()
    assert preview["visits"] > preview["needs"] == preview["blocked"] == 0
    named = {"plan_id": plan_id}
    examples.refuse("edit_plan", named, "preview_first")
    examples.send("edit_plan", named, version=preview["version"])
    examples.send("pause_plan", named)
    examples.send("resume_plan", named)
    examples.send("remove_home", home)
    examples.send("end_plan", named)


def supervise(officer: httpx.Client, examples: Examples) -> None:
    visit = examples.ids["visit"] = examples.send("record_visit")["id"]
    wanting, well = ({"finding_id": examples.send("record_finding")["id"]} for _ in range(2))
    examples.send("extend_finding", wanting)
    for finding in (wanting, well):
        examples.send("report_correction", finding, by=officer)
    examples.send("reopen_finding", wanting)
    examples.send("withdraw_finding", wanting)
    examples.send("close_finding", well)
    examples.send("withdraw_visit", {"visit_id": visit})


def plan_stations(api: httpx.Client, examples: Examples) -> None:
    plan = {"area": WITHOUT_STATION, "name": "Oak", "level": "station", "stage": "planned", "opens_on": "2030-06-01"}
    planned = {"station_id": created(api, "/v1/stations", plan)}
    for action in ("reschedule_station", "begin_pilot", "open_in_full"):
        examples.send(action, planned)
    moved = examples.send("move_station", planned)["successor_id"]
    examples.send("merge_station", {"station_id": moved})
    examples.send("close_station", {"station_id": created(api, "/v1/stations", plan)})


def give(api: httpx.Client, examples: Examples) -> None:
    station = examples.ids["station"] = examples.send("open_station")["id"]
    examples.send("change_station", {"station_id": station})
    examples.send("unlink_organisation", {"participant_id": examples.send("link_organisation")["id"]})
    plan_stations(api, examples)
    examples.ids["fund"] = examples.send("open_fund")["id"]
    boxes = [{"item": "medicine_box", "quantity": 69, "unit": "box"}]
    created(api, "/v1/donations", {"station_id": examples.ids["station"], "donor": "Lin Example", "goods": boxes})
    examples.send("record_donation")
    examples.send("share_stock")
    money = {"fund_id": examples.ids["fund"], "donor": "Lin Example", "amount_fen": 160_000}
    examples.send("correct_donation", {"donation_id": created(api, "/v1/donations", money)})
    examples.ids["donor"] = examples.send("register_donor")["id"]
    twin = {"donor_id": created(api, "/v1/donors", {"name": "Elm Example", "area": STREET})}
    examples.send("merge_donors", twin)
    examples.send("unmerge_donors", twin)


def play_people(api: httpx.Client, examples: Examples) -> None:
    examples.ids["vol"] = examples.send("register_volunteer")["id"]
    for action in ("change_volunteer", "pause_volunteer", "resume_volunteer", "choose_notices"):
        examples.send(action, {"volunteer_id": examples.ids["vol"]})
    for question in ("look_up_people", "find_likely_duplicates", "copy_people"):
        examples.send(question)
    twin = {"volunteer_id": created(api, "/v1/volunteers", volunteer())}
    examples.send("merge_volunteers", twin)
    examples.send("unmerge_volunteers", twin)


def share_contacts(city: City, examples: Examples) -> None:
    consent = {"consent_id": examples.send("give_consent")["id"]}
    key = city.gateway.key("agency", principal="principal_insurer")
    with city.gateway.client(key) as insurer:
        examples.send("read_shared", by=insurer)
    examples.send("renew_consent", consent)
    examples.send("withdraw_consent", consent)


def serve(city: City, api: httpx.Client, officer: httpx.Client, examples: Examples) -> str:
    """Serve the need of the example: one volunteer declines, three come, one of them forgets to check out."""
    for _ in range(5):
        created(api, "/v1/volunteers", volunteer())
    need_id = str(examples.send("register_need")["id"])
    first, *three = offers(api, need_id)[:4]
    examples.send("decline_offer", {"dispatch_id": first})
    for dispatch in three:
        examples.send("accept_offer", {"dispatch_id": dispatch})
    state_is(api, need_id, "ready")
    for dispatch in three:
        examples.send("check_in", {"dispatch_id": dispatch})
    for dispatch in three[:2]:
        examples.send("check_out", {"dispatch_id": dispatch})
    city.story.forward(timedelta(hours=4))
    examples.send("state_hours", {"dispatch_id": three[2]}, by=officer)
    state_is(api, need_id, "served")
    need = {"need_id": need_id}
    for action in ("confirm_need", "undo_confirmation", "confirm_need", "evaluate_need"):
        examples.send(action, need)
    until(lambda: api.get(f"/v1/dispatches/{three[0]}").json()["state"] == "credited", "the hours are credited")
    examples.send("adjust_hours", {"dispatch_id": three[0]}, by=officer)
    return need_id


def offers(api: httpx.Client, need_id: str) -> list[str]:
    """Return the open offers of the need, once one more has an offer than it needs."""

    def look() -> list[str] | None:
        params = {"need_id": need_id, "state": "offered"}
        found = [str(each["id"]) for each in api.get("/v1/dispatches", params=params).json()["items"]]
        return found if len(found) > 3 else None

    return list(until(look, "four volunteers have an offer"))


def pay(api: httpx.Client, officer: httpx.Client, examples: Examples, need_id: str) -> None:
    """Record the payment of the need's money; another officer refuses the record, then approves the next."""

    def owed() -> str | None:
        items = api.get("/v1/payments", params={"state": "owed"}).json()["items"]
        return next((str(each["id"]) for each in items if each["need_id"] == need_id), None)

    payment = {"payment_id": str(until(owed, "a payment is owed"))}
    examples.send("record_payment", payment)
    examples.send("refuse_payment", payment, by=officer)
    examples.send("record_payment", payment)
    examples.send("approve_payment", payment, by=officer)
    examples.send("reverse_payment", payment)


def change_needs(city: City, api: httpx.Client, examples: Examples) -> None:
    """A draft is edited and published; a published need is amended, extended, ends unmet, is reopened and cancelled."""
    examples.begin(city.now())
    body = need(examples.ids["station"], due=(city.now() + timedelta(days=1)).isoformat(), publish=False)
    draft = {"need_id": created(api, "/v1/needs", body)}
    examples.send("edit_need", draft)
    examples.send("assess_need", draft)
    examples.send("publish_need", draft)
    examples.ids["need"] = draft["need_id"]
    refer(city.now(), api, examples)
    examples.send("merge_need", {"need_id": created(api, "/v1/needs", body)})
    (taken,) = examples.send("register_needs")["items"]
    unmet = {"need_id": taken["need"]["id"]}
    examples.send("amend_need", unmet)
    examples.send("override_triage", unmet)
    examples.send("extend_need", unmet)
    city.story.forward(timedelta(days=8))
    state_is(api, unmet["need_id"], "unmet")
    examples.begin(city.now())
    examples.send("reopen_need", unmet)
    examples.send("cancel_need", unmet)


def check(api: httpx.Client, examples: Examples) -> None:
    """Two register twice: it is decided that one is another person, and the other registration is disowned."""
    examples.send("resolve_check", {"check_id": twice(api)[1]})
    person, examples.ids["check"] = twice(api)
    examples.send("disown_registration", {"volunteer_id": person})


def twice(api: httpx.Client) -> tuple[str, str]:
    """Register one person twice; return the id of the first registration and that of the second one's check."""
    person = volunteer()
    first = created(api, "/v1/volunteers", person)
    second = created(api, "/v1/volunteers", person)

    def look() -> str | None:
        items = api.get("/v1/checks", params={"state": "open"}).json()["items"]
        return next((str(each["id"]) for each in items if each["volunteer_id"] == second), None)

    return first, str(until(look, "the second registration is to be checked"))


def connect(api: httpx.Client, examples: Examples) -> None:
    hook = {"webhook_id": examples.send("add_webhook")["id"]}
    for action in ("change_webhook", "pause_webhook", "resume_webhook", "rotate_secret", "send_test"):
        examples.send(action, hook)
    for action in ("redeliver_all", "replay_events"):
        examples.send(action, hook)
    # Its endpoint is an example, to which nothing was delivered.
    examples.refuse("redeliver_one", {**hook, "delivery_id": "delivery_1"}, "unknown_id")


def let_in(city: City, api: httpx.Client, examples: Examples) -> None:
    """A person has an account, sets a password, signs in and changes it; the account is suspended and comes back."""
    made = examples.send("make_account")
    account = {"account_id": made["id"]}
    # The code of an account is shown once, and the example's is none.
    examples.refuse("set_password", {}, "code_not_valid")
    api.post("/v1/passwords", json={"code": made["code"], "password": WORDS}).raise_for_status()
    with city.gateway.client(examples.send("sign_in")["token"]) as person:
        examples.send("change_password", account, by=person)
    for action in ("suspend_account", "resume_account", "renew_account_code"):
        examples.send(action, account)


def misdirect(city: City, api: httpx.Client, examples: Examples) -> None:
    """Somebody has a message that was not for them; the telephone is corrected."""
    offer = offer_with_link(city, api, WITHOUT_STATION, "sign_language")
    examples.send("issue_answer_link", {"dispatch_id": offer.dispatch_id})
    misdirection_id = misdirect_offer(api, offer.path)
    examples.send("resolve_misdirection", {"misdirection_id": misdirection_id})


def leave(examples: Examples) -> None:
    examples.send("end_volunteering", {"volunteer_id": examples.ids["vol"]})
    examples.send("request_erasure")
    examples.send("close_station", {"station_id": examples.ids["station"]})
    examples.send("end_organisation", {"organisation_id": examples.ids["organisation"]})
    # A call is opened by the worker that sends notices.
    examples.refuse("end_call", {"call_id": "call_1"}, "unknown_id")
    # Reports of the message gateway are signed, as test_notices plays them.
    examples.refuse("report_notice", {}, "signature_missing")
    # That somebody is inactive takes years.
    examples.refuse("keep_inactive_volunteer", {"inactivity_id": "inactivity_1"}, "unknown_id")
