"""The declaration of the gateway for operations and the projector."""

from typing import Any

from services.gateway.declaration import ADMIN_ID, DECLARATION, FEATURES, VIEWS, feed_id

STORED = {
    "feed": {"marks", "by_area", "by_subject", "by_type"},
    "feed_head": {},
    "keys": {"forget", "hash"},
    "accounts": {"name", "area", "code"},
    "sessions": {"hash", "account", "forget"},
    "webhooks": {"principal", "leases"},
    "webhook_deliveries": {"states", "subjects", "expiry"},
    "webhook_workers": {},
    "audit": {"about", "by", "areas"},
    "audit_blocks": {"late"},
    "leases": {},
    "replicas": {"forget"},
    "views": {},
    "view_partitions": {},
    "view_skips": {},
}
INDEXES = {
    "catalogue": {},
    "stations": {"area", "functions", "level", "state"},
    "stations_history": {},
    "stations_counts": {"area"},
    "organisations": {"area", "areas", "credit_code", "kind", "may_fundraise", "roles", "state"},
    "organisations_history": {},
    "organisations_counts": {"area"},
    "consents": {"area", "person_id", "recipient", "state"},
    "consents_history": {},
    "consents_counts": {"area"},
    "shortfalls": {"area", "donation_id", "fund_id", "kind", "need_id", "state", "station_id"},
    "shortfalls_history": {},
    "shortfalls_counts": {"area"},
    "payments": {"area", "need_id", "organisation_id", "state", "station_id"},
    "payments_history": {},
    "payments_counts": {"area"},
    "breaches": {"area", "cause", "kind", "severity", "state"},
    "breaches_history": {},
    "breaches_counts": {"area"},
    "calendars": {"area", "state", "year"},
    "calendars_history": {},
    "calendars_counts": {"area"},
    "participants": {"area", "organisation_id", "role", "state", "station_id"},
    "participants_history": {},
    "participants_counts": {"area"},
    "residents": {"area", "household_id", "reason", "state", "station_id"},
    "indicators": {"area", "code", "kind", "state"},
    "indicators_history": {},
    "indicators_counts": {"area"},
    "residents_history": {},
    "residents_counts": {"area"},
    "trainings": {"area", "dimension", "state", "station_id"},
    "trainings_history": {},
    "trainings_counts": {"area"},
    "attendances": {"area", "dimension", "result", "state", "station_id", "training_id", "worker_id", "year"},
    "attendances_history": {},
    "attendances_counts": {"area"},
    "workers": {"area", "level", "licence", "state", "station_id", "training"},
    "posts": {"area", "function", "state", "station_id", "workers"},
    "posts_history": {},
    "posts_counts": {"area"},
    "workers_history": {},
    "workers_counts": {"area"},
    "households": {"area", "state", "station_id"},
    "households_history": {},
    "households_counts": {"area"},
    "relations": {"area", "kind", "related_id", "resident_id", "state", "station_id"},
    "relations_history": {},
    "relations_counts": {"area"},
    "plans": {"area", "running_out", "state", "station_id", "theme"},
    "plans_history": {},
    "plans_counts": {"area"},
    "homes": {"area", "plan_id", "state", "station_id"},
    "homes_history": {},
    "homes_counts": {"area"},
    "occurrences": {"area", "home_id", "on", "plan_id", "provisional", "state", "station_id"},
    "occurrences_history": {},
    "occurrences_counts": {"area"},
    "reports_tallies": {"report"},
    "reports_needs": {"by_registered", "by_published", "by_ended", "by_confirmed", "by_ready", "by_served"},
    "reports_visits": {"by_visited"},
    "reports_findings": {"by_recorded", "by_overdue"},
    "reports_hours": {"by_moved", "by_volunteer"},
    "reports_served_needs": {"by_credited"},
    "reports_stations": {
        "by_entered_open",
        "by_entered_pilot",
        "by_entered_planned",
        "by_left_open",
        "by_left_pilot",
        "by_left_planned",
    },
    "visits": {"area", "kind", "state", "station_id"},
    "visits_history": {},
    "visits_counts": {"area"},
    "findings": {"area", "severity", "state", "station_id", "topic", "visit_id"},
    "findings_history": {},
    "referrals": {"area", "need_id", "receiver_id", "state", "station_id"},
    "referrals_history": {},
    "referrals_counts": {"area"},
    "handovers": {"area", "receiver_id", "state", "theme", "urgency"},
    "handovers_history": {},
    "handovers_counts": {"area"},
    "findings_counts": {"area"},
    "jobs": {"area", "kind", "state"},
    "jobs_history": {},
    "jobs_counts": {"area"},
    "checks": {"area", "known_id", "state", "volunteer_id"},
    "checks_history": {},
    "checks_counts": {"area"},
    "erasures": {"area", "ground", "state"},
    "erasures_history": {},
    "erasures_counts": {"area"},
    "misdirections": {"area", "state", "volunteer_id"},
    "misdirections_history": {},
    "misdirections_counts": {"area"},
    "calls": {"area", "state", "volunteer_id", "dispatch_id"},
    "calls_history": {},
    "calls_counts": {"area"},
    "inactivities": {"area", "state", "volunteer_id"},
    "inactivities_history": {},
    "inactivities_counts": {"area"},
    "tasks": {"area", "station_id", "person_id", "order", "forget"},
    "funds": {"area"},
    "donors": {"area"},
    "donations": {"area", "station_id", "fund_id"},
    "stock": {"area", "holder_id", "commodity"},
    "needs": {"area", "channel", "likeness", "station_id", "state", "waiting"},
    "needs_counts": {"area"},
    "dispatches": {"area", "need_id", "volunteer_id", "state"},
    "volunteers": {"area"},
    "timebank": {"credited_by_area", "credited_by_served_in"},
    "merges": {"merged_id", "survivor_id"},
    "identities": {},
    "erased_people": {},
}


def test_operations_find_every_collection_with_its_indexes() -> None:
    for declared, expected in ((DECLARATION.indexes, STORED), (VIEWS, INDEXES)):
        found = {name: {index.document["name"] for index in indexes} for name, indexes in declared.items()}
        assert found == {name: set(indexes) for name, indexes in expected.items()}


def test_a_key_has_one_hash_alone() -> None:
    (index,) = (each for each in DECLARATION.indexes["keys"] if each.document["name"] == "hash")
    shown: dict[str, Any] = index.document
    assert (shown["unique"], dict(shown["key"])) == (True, {"hash": 1})


def test_operations_find_the_first_key_and_the_feeds_ids() -> None:
    assert ADMIN_ID == "key_admin"
    assert feed_id(7) == "0000000000000007"


def test_every_feature_has_a_name_of_its_own() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
