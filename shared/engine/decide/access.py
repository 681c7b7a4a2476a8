"""The access rule of the owner: whether the actor of a command may send it, decided before its handler runs.

The area of a thing that a command names by id is decided by `UnitOfWork.reach`, where the thing is at hand.
"""

from shared.contracts.access import Actor, Decision, permissions_of, permits
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused


class UnreachedError(Refused):
    """An id that names nothing within the actor's area: unknown or elsewhere, which the actor cannot tell apart."""


def refuse_actor(actor: Actor, command: Command) -> Refused | None:
    """Return the refusal of a command that its actor may not send, None where the actor may.

    The refusal is `not_allowed` and names the permission that is lacking, or the area outside the actor's own.
    """
    if permits(actor, command.permission) is Decision.LACKS_PERMISSION:
        held = ", ".join(sorted(permissions_of(actor))) or "-"
        return Refused(
            "not_allowed", "permission_missing", field="permission", permission=command.permission, held=held
        )
    for area in command.areas_named():
        if permits(actor, command.permission, area) is Decision.OUTSIDE_AREA:
            return Refused("not_allowed", "area_elsewhere", field="area", area=area, own_area=actor.area)
    return None
