"""The access rule of the owner: whether the actor of a command may send it, decided before its handler runs.

The area of a thing that a command names by id is decided by `UnitOfWork.reach`, where the thing is at hand.
"""

from typing import Final

from shared.contracts.access import Actor, Decision, describe_lack, permits
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused

DISPATCH: Final = "dispatch_id"
"""The field of a command that is about a dispatch: its handler compares the volunteer."""


class UnreachedError(Refused):
    """An id that names nothing within the actor's area: unknown or elsewhere, which the actor cannot tell apart."""


def refuse_actor(actor: Actor, command: Command) -> Refused | None:
    """Return the refusal of a command that its actor may not send, None where the actor may.

    The refusal is `not_allowed` and names the permission that is lacking, or the area outside the actor's own; or it
    says that nobody may speak for another here, or not for this one. Of a dispatch the handler decides that.
    """
    if permits(actor, command.permission) is Decision.LACKS_PERMISSION:
        lack = describe_lack(actor, command.permission)
        return Refused("not_allowed", "permission_missing", field="permission", **lack)
    for area in command.areas_named():
        if permits(actor, command.permission, area) is Decision.OUTSIDE_AREA:
            return Refused("not_allowed", "area_elsewhere", field="area", area=area, own_area=actor.area)
    return None if actor.speaks_for is None else _refuse_speaker(actor.speaks_for, command)


def _refuse_speaker(person_id: str, command: Command) -> Refused | None:
    """Return the refusal of a command about another person than the one for whom its actor speaks."""
    if not command.spoken_in:
        return Refused("not_allowed", "not_on_behalf", field="On-Behalf-Of")
    about = getattr(command, command.spoken_in)
    if command.spoken_in != DISPATCH and about != person_id:
        return Refused("not_allowed", "speaks_for_another", field="On-Behalf-Of")
    if getattr(command, "anonymous", False):
        # The audit would name the donor of an anonymous gift.
        return Refused("not_allowed", "not_on_behalf", field="On-Behalf-Of")
    return None
