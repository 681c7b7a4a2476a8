"""The gateway as it is declared: its features, for the projector and for operations.

The only module of the gateway that operations may import. It imports neither FastAPI nor nameko.
"""

from dataclasses import replace
from typing import Final

from services.gateway.access.keys import ADMIN_ID
from services.gateway.deliveries.report import WebhookReport, report_webhooks
from services.gateway.features import (
    accounts,
    alerts,
    attendances,
    breaches,
    calendars,
    calls,
    catalogue,
    checks,
    consents,
    dispatch,
    donations,
    donors,
    erasures,
    exports,
    feed,
    findings,
    funds,
    handovers,
    homes,
    households,
    inactivities,
    indicators,
    jobs,
    keys,
    merges,
    misdirections,
    needs,
    network,
    occurrences,
    organisations,
    participants,
    payments,
    people,
    plans,
    posts,
    referrals,
    relations,
    reports,
    residents,
    screenings,
    shortfalls,
    stock,
    tasks,
    trainings,
    visits,
    webhooks,
    workers,
)
from services.gateway.features import timebank as time_bank
from services.gateway.following.counting import live
from services.gateway.following.registry import Registry
from services.gateway.following.state import Partition, Skip, ViewState, stored_name
from services.gateway.projection.feature import PARTITIONS, Feature, Projections, by_type
from services.gateway.projection.feed import begin_epoch, feed_id
from shared.engine.run.service import Declaration
from shared.engine.store import audit_blocks, lease, replicas
from shared.runtime.audit import INDEXES as AUDIT_INDEXES

__all__ = [
    "ADMIN_ID",
    "DECLARATION",
    "FEATURES",
    "PARTITIONS",
    "PROJECTIONS",
    "VIEWS",
    "Partition",
    "Registry",
    "Skip",
    "ViewState",
    "WebhookReport",
    "begin_epoch",
    "feed_id",
    "live",
    "report_webhooks",
    "stored_name",
]

_SHOWN: Final[tuple[Feature, ...]] = (
    feed.FEATURE,
    catalogue.FEATURE,
    network.FEATURE,
    organisations.FEATURE,
    participants.FEATURE,
    breaches.FEATURE,
    calendars.FEATURE,
    plans.FEATURE,
    homes.FEATURE,
    occurrences.FEATURE,
    visits.FEATURE,
    findings.FEATURE,
    jobs.FEATURE,
    indicators.FEATURE,
    referrals.FEATURE,
    handovers.FEATURE,
    screenings.FEATURE,
    alerts.FEATURE,
    checks.FEATURE,
    needs.FEATURE,
    donors.FEATURE,
    funds.FEATURE,
    donations.FEATURE,
    stock.FEATURE,
    shortfalls.FEATURE,
    payments.FEATURE,
    people.FEATURE,
    residents.FEATURE,
    workers.FEATURE,
    posts.FEATURE,
    trainings.FEATURE,
    attendances.FEATURE,
    households.FEATURE,
    relations.FEATURE,
    consents.FEATURE,
    dispatch.FEATURE,
    time_bank.FEATURE,
    merges.FEATURE,
    erasures.FEATURE,
    inactivities.FEATURE,
    misdirections.FEATURE,
    calls.FEATURE,
    reports.FEATURE,
    reports.VOLUNTEER_YEARS,
    reports.PEOPLE_SCREENED,
    exports.FEATURE,
    keys.FEATURE,
    accounts.FEATURE,
    webhooks.FEATURE,
)
FEATURES: Final[tuple[Feature, ...]] = (*_SHOWN, tasks.build_feature(_SHOWN))
"""The features with something stored; areas, coverage and operating store nothing."""
PROJECTIONS: Final[Projections] = by_type(FEATURES)
VIEWS: Final = {collection: list(indexes) for feature in FEATURES for collection, indexes in feature.views.items()}
"""The collections that are made from the feed, with their indexes. They are stored in generations: `needs@1`."""
DECLARATION: Final = Declaration(
    "gateway",
    # Views are stored in generations, which the registry makes and drops.
    [replace(feature, indexes={}) if feature.views else feature for feature in FEATURES],
    common_indexes={
        ViewState.collection: [],
        Partition.collection: [],
        Skip.collection: [],
        **lease.INDEXES,
        **replicas.INDEXES,
        **AUDIT_INDEXES,
        **audit_blocks.INDEXES,
    },
)
