"""Every story, of all the modules that tell some."""

from typing import Final

from tests.stories import (
    told,
    told_of_amendments,
    told_of_contacts,
    told_of_deadlines,
    told_of_deliveries,
    told_of_gifts,
    told_of_hours,
    told_of_imports,
    told_of_intake,
    told_of_links,
    told_of_network,
    told_of_notices,
    told_of_offers,
    told_of_payments,
    told_of_people,
    told_of_plans,
    told_of_referrals,
    told_of_reopenings,
    told_of_reports,
    told_of_residents,
    told_of_screening,
    told_of_shares,
    told_of_staff,
    told_of_supervision,
    told_of_volunteers,
)
from tests.stories.told import OVER_TIME, TIMELESS, Story

MODULES: Final = (
    told, told_of_amendments, told_of_contacts, told_of_deadlines, told_of_deliveries, told_of_gifts, told_of_hours,
    told_of_imports, told_of_intake, told_of_links, told_of_network, told_of_notices, told_of_offers,
    told_of_payments, told_of_people, told_of_plans, told_of_referrals, told_of_reopenings, told_of_reports,
    told_of_residents, told_of_screening, told_of_shares, told_of_staff, told_of_supervision, told_of_volunteers,
)  # fmt: skip
"""Each adds its stories to the two lists when it is imported, in this order."""
__all__ = ["MODULES", "OVER_TIME", "TIMELESS", "Story"]
