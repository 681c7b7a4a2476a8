"""The one table of permission × area: roles grant permissions, and the actor's area bounds them. Pure."""

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Final, Literal, get_args

from shared.contracts.access.actor import Actor

Permission = Literal[
    "read",
    "own:read",
    "personal:read",
    "people:find",
    "shared:read",
    "people:copy",
    "consents:record",
    "personal:erase",
    "areas:import",
    "catalogue:manage",
    "stations:manage",
    "organisations:manage",
    "breaches:manage",
    "calendars:manage",
    "plans:manage",
    "indicators:manage",
    "screening:read",
    "screening:manage",
    "screening:record",
    "alerts:manage",
    "supervision:read",
    "supervision:manage",
    "supervision:answer",
    "residents:read",
    "residents:manage",
    "staff:read",
    "staff:manage",
    "reports:read",
    "needs:register",
    "needs:publish",
    "needs:cancel",
    "needs:confirm",
    "needs:evaluate",
    "needs:assess",
    "needs:triage",
    "needs:refer",
    "donors:register",
    "donors:merge",
    "donations:record",
    "funds:manage",
    "stock:share",
    "payments:record",
    "payments:approve",
    "volunteers:register",
    "volunteers:merge",
    "dispatch:act",
    "hours:state",
    "links:answer",
    "notices:report",
    "jobs:manage",
    "webhooks:manage",
    "keys:manage",
    "accounts:manage",
    "audit:read",
    "metrics:read",
]
"""One word for one thing that an actor may do. `read` reaches all but personal data, the audit and the `PRIVATE`
things.

`own:read` reaches the dispatches, the hours and the data of the one volunteer for whom the actor speaks.
`people:find` answers whether somebody is registered, by reference alone; `personal:read` shows the data held about one.
`residents:read` shows that residents are registered, without anything about them; with `personal:read` their data.
`residents:manage` registers them, which begins with the search for the same person.
`staff:read` shows the posts, social workers and trainings of stations, `staff:manage` records them.
`reports:read` shows the figures of reports and the rows that they count, without names.
`shared:read` reaches personal data as far as the person's separate consent opens it to the agency that asks.
"""
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)

Role = Literal[
    "reader",
    "personal_reader",
    "platform",
    "station_worker",
    "supervisor",
    "charity_officer",
    "committee_member",
    "volunteer_coordinator",
    "volunteer",
    "integrator",
    "operator",
    "auditor",
    "administrator",
    "agency",
]
"""A role that a key or a sign-in account may have."""

_NEEDS: Final[frozenset[Permission]] = frozenset(
    {
        "needs:register",
        "needs:publish",
        "needs:cancel",
        "needs:confirm",
        "needs:evaluate",
        "needs:assess",
        "plans:manage",
        "needs:refer",
    }
)
_TRIAGE: Final[frozenset[Permission]] = frozenset({"needs:triage"})
_HOURS: Final[frozenset[Permission]] = frozenset({"hours:state"})
_FIND: Final[frozenset[Permission]] = frozenset({"people:find"})
_CHARITY: Final[frozenset[Permission]] = frozenset(
    {
        "donors:register",
        "donors:merge",
        "donations:record",
        "funds:manage",
        "stock:share",
        "payments:record",
        "payments:approve",
    }
)
_VOLUNTEERING: Final[frozenset[Permission]] = frozenset({"volunteers:register", "volunteers:merge", "dispatch:act"})
_NETWORK: Final[frozenset[Permission]] = frozenset({"stations:manage", "organisations:manage"})
_BREACHES: Final[frozenset[Permission]] = frozenset({"breaches:manage"})
_SUPERVISION: Final[frozenset[Permission]] = frozenset({"supervision:read", "supervision:manage", "supervision:answer"})
_CALENDARS: Final[frozenset[Permission]] = frozenset({"calendars:manage"})
_RESIDENTS: Final[frozenset[Permission]] = frozenset({"residents:read", "residents:manage"})
_STAFF: Final[frozenset[Permission]] = frozenset({"staff:read", "staff:manage"})
_SCREENING: Final[frozenset[Permission]] = frozenset(
    {"screening:read", "screening:manage", "screening:record", "alerts:manage"}
)
_INDICATORS: Final[frozenset[Permission]] = frozenset({"indicators:manage"})
_REPORTS: Final[frozenset[Permission]] = frozenset({"reports:read"})
_READ: Final[frozenset[Permission]] = frozenset({"read"})
_SHARE: Final[frozenset[Permission]] = frozenset({"stock:share"})
_CONSENTS: Final[frozenset[Permission]] = frozenset({"consents:record"})
_COPIES: Final[frozenset[Permission]] = frozenset({"people:copy"})
_JOBS: Final[frozenset[Permission]] = frozenset({"jobs:manage"})
_PERSONAL: Final[frozenset[Permission]] = frozenset({"personal:read"})

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "reader": _READ,
    "personal_reader": _PERSONAL,
    "platform": _READ
    | _NEEDS
    | _TRIAGE
    | _HOURS
    | _CHARITY
    | _VOLUNTEERING
    | _NETWORK
    | _CALENDARS
    | _INDICATORS
    | _SCREENING
    | _SUPERVISION
    | _RESIDENTS
    | _STAFF
    | _CONSENTS
    | _JOBS
    | _REPORTS
    | {"catalogue:manage", "webhooks:manage"},
    "station_worker": _READ
    | _PERSONAL
    | _NEEDS
    | _HOURS
    | _CONSENTS
    | _SHARE
    | _RESIDENTS
    | _JOBS
    | _REPORTS
    | _SCREENING
    | {"supervision:read", "supervision:answer", "staff:read"},
    "supervisor": _READ
    | _PERSONAL
    | _FIND
    | _NEEDS
    | _TRIAGE
    | _HOURS
    | _NETWORK
    | _CALENDARS
    | _INDICATORS
    | _SCREENING
    | _SUPERVISION
    | _RESIDENTS
    | _STAFF
    | _BREACHES
    | _CONSENTS
    | _COPIES
    | _SHARE
    | _JOBS
    | _REPORTS
    | {"audit:read", "personal:erase", "accounts:manage"},
    "charity_officer": _READ | _PERSONAL | _FIND | _CHARITY | _CONSENTS | _COPIES | _REPORTS,
    # A member of a fund's committee decides on payments and records none: two pairs of eyes.
    "committee_member": _READ | {"payments:approve"},
    "volunteer_coordinator": _READ | _PERSONAL | _FIND | _VOLUNTEERING | _CONSENTS | _COPIES | _REPORTS,
    # A volunteer with an account, which is bound to their id: answers their own offers, and sees nothing of others.
    "volunteer": frozenset({"own:read", "dispatch:act"}),
    # Connects a city platform or an agency: follows the feed, reads views, has events sent; without personal data.
    "integrator": _READ | {"webhooks:manage"},
    # Runs the platform: sees its numbers, and nothing of the field.
    "operator": frozenset({"metrics:read"}),
    "auditor": _READ | _REPORTS | {"audit:read", "supervision:read", "staff:read"},
    "administrator": frozenset(PERMISSIONS),
    "agency": _READ | {"shared:read", "webhooks:manage"},
    "system": frozenset(PERMISSIONS),
    # The holder of an answer link: the link names the one dispatch, and its owner decides.
    "link": frozenset({"links:answer"}),
    # The city's message gateway, known by its signature: reports whether telephones got their notices.
    "message_gateway": frozenset({"notices:report"}),
}
"""The permissions of each role. `system` is the platform's own, `link` that of answer links, `message_gateway` that of
signed reports: no key may have them.
"""

PRIVATE: Final[Mapping[str, Permission]] = {
    "stations.alert": "screening:read",
    "stations.breach": "breaches:manage",
    "stations.finding": "supervision:read",
    "stations.household": "residents:read",
    "stations.relation": "residents:read",
    "stations.resident": "residents:read",
    "stations.resident_consent": "residents:read",
    "stations.job": "jobs:manage",
    "stations.private_erasure": "residents:read",
    "stations.screening": "screening:read",
    "stations.visit": "supervision:read",
    "stations.attendance": "staff:read",
    "stations.post": "staff:read",
    "stations.training": "staff:read",
    "stations.worker": "staff:read",
    "volunteering.check": "volunteers:merge",
}
"""Kinds of things that are seen with that permission alone, by owner and subject as their events' types begin.

Their lists, tasks and events are shown to nobody else, and their events are published to the platform's own readers
and not to agencies.
"""
MOST_TYPES: Final = 4_096


class Decision(Enum):
    """The outcome of `permits`."""

    ALLOWED = "allowed"
    LACKS_PERMISSION = "lacks_permission"
    OUTSIDE_AREA = "outside_area"


def permissions_of(actor: Actor) -> frozenset[Permission]:
    """Return all permissions that the actor's roles grant; an unknown role grants none."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in actor.roles))


def describe_lack(actor: Actor, permission: Permission) -> dict[str, str]:
    """Return the arguments of `permission_missing`: the permission, its roles, and the actor's permissions."""
    roles = [role for role in get_args(Role) if permission in ROLES[role]]
    held = sorted(permissions_of(actor))
    return {"permission": permission, "roles": ",".join(roles) or "-", "held": ", ".join(held) or "-"}


def permits(actor: Actor, permission: Permission, area: str | None = None) -> Decision:
    """Decide whether the actor has the permission in the area; None where no area is at stake.

    The permission comes first: an actor who lacks it learns nothing about areas.
    """
    if not any(permission in ROLES.get(role, ()) for role in actor.roles):
        return Decision.LACKS_PERMISSION
    if area is not None and not actor.reaches(area):
        return Decision.OUTSIDE_AREA
    return Decision.ALLOWED


@lru_cache(maxsize=MOST_TYPES)
def permission_to_see(event_type: str) -> Permission:
    """Return the permission with which events of that type, and the things that they are about, are seen."""
    service, _, rest = event_type.partition(".")
    return PRIVATE.get(f"{service}.{rest.partition('.')[0]}", "read")


def is_private(event_type: str) -> bool:
    """Return whether events of that type are for the platform's own readers alone."""
    return permission_to_see(event_type) != "read"


def may_see(actor: Actor, event_type: str) -> bool:
    """Return whether events of that type are shown to an actor who may read."""
    needed = permission_to_see(event_type)
    return needed == "read" or permits(actor, needed) is Decision.ALLOWED


def hidden_subjects(actor: Actor) -> list[str]:
    """Return the private subjects that the actor may not see, by the last word of their names, such as `breach`."""
    return [kind.rpartition(".")[2] for kind in PRIVATE if not may_see(actor, f"{kind}.")]
