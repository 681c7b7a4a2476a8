"""The areas that a new stack begins with: Zhanlan Road street, all that contains it, and its communities."""

from pathlib import Path
from typing import Final

import httpx

from deploy.lianshan.areas.upload import ImportFailedError, import_areas

SEED: Final = Path(__file__).parent / "areas" / "zhanlan-road.csv"
_PROBE: Final = "110102009"


class SeedError(RuntimeError):
    """The areas could not be imported; the message says why."""


def seed_areas(gateway_url: str, token: str) -> int:
    """Import the areas unless they are there, and return their number. Raises SeedError."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        if httpx.get(f"{gateway_url}/v1/areas/{_PROBE}", headers=headers, timeout=10).status_code == 200:
            return 0
        report = import_areas(SEED, gateway_url, token)
    except (httpx.HTTPError, ImportFailedError) as error:
        raise SeedError(f"The first areas could not be imported: {error}") from None
    if report.bad:
        raise SeedError(f"{SEED.name} has {len(report.bad)} bad rows, the first: {report.bad[0]}")
    return report.accepted
