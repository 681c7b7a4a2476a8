"""The checks of the stores before the services start, in words for the person who starts the stack."""

import os
from typing import Final

from deploy.lianshan.local.supervisor import StartFailedError

STORE_SECONDS: Final = 10.0


def check_stores(mongo_uri: str, *, movable: bool) -> None:
    """Raise StartFailedError where the services would refuse to start for ever.

    A store may be of a newer release, or its clock may have been moved.
    """
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - slow to import

    from deploy.lianshan.clock.calendar import describe_clock  # noqa: PLC0415
    from deploy.lianshan.clock.movement import read_city_clock  # noqa: PLC0415
    from deploy.lianshan.migrations import find_refusals  # noqa: PLC0415
    from deploy.lianshan.stores import open_stores  # noqa: PLC0415

    prefix = os.environ.get("LIANSHAN_DATABASE_PREFIX", "")
    try:
        with open_stores(mongo_uri, prefix, milliseconds=int(STORE_SECONDS * 1000)) as stores:
            refusals = find_refusals(stores)
            clock = read_city_clock(stores)
    except PyMongoError as error:
        raise StartFailedError(
            f"LIANSHAN_MONGO_URI: MongoDB does not let its stores be read ({type(error).__name__}): check the address "
            "and the user."
        ) from None
    if refusals:
        raise StartFailedError("\n".join(refusals))
    if clock.offset and not movable:
        raise StartFailedError(
            f"In this stack {describe_clock(clock)}: start it with `lianshan up --movable-clock`, or begin with an "
            "empty folder (--var)."
        )
