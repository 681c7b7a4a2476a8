"""The examples of residents, sent in an order that makes sense, and residents that a test looks for from elsewhere."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
from gateway_stack import created, need
from played_examples import Examples

DAY: Final = "2026-01-05"
BODIES: Final = {
    "/v1/residents/{resident_id}/change": {"phones": []},
    "/v1/residents/{resident_id}/transfer": {"station_id": "station_of_nobody"},
    "/v1/residents/{resident_id}/end": {"reason": "moved_away"},
    "/v1/residents/{resident_id}/merge": {"into_id": "resident_of_nobody"},
    "/v1/residents/{resident_id}/unmerge": {"reason_code": "different_people"},
    "/v1/needs/{need_id}/residents": {"residents": []},
    "/v1/needs/{need_id}/attachments/{attachment_id}/remove": {"reason": "no_longer_needed"},
    "/v1/households/{household_id}/move-in": {"resident_id": "resident_of_nobody", "relation": "spouse", "since": DAY},
    "/v1/households/{household_id}/move-out": {"resident_id": "resident_of_nobody", "on": DAY},
    "/v1/households/{household_id}/relate": {"members": [{"resident_id": "resident_of_nobody", "relation": "head"}]},
    "/v1/households/{household_id}/transfer": {"station_id": "station_of_nobody"},
    "/v1/relations/{relation_id}/change": {"tie": "friend"},
    "/v1/relations/{relation_id}/end": {"reason": "no_longer"},
}
"""The bodies of actions on one of them."""


def resident(there: str, **changes: Any) -> dict[str, Any]:
    return {"station_id": there, "name": "Ma Example", "birth_year": 1944, **changes}


def registered_of(api: httpx.Client, there: str) -> dict[str, str]:
    """Register a resident of the station, with a household and a relation; return the ids."""
    here = created(api, "/v1/residents", resident(there))
    return {
        "resident_id": here,
        "household_id": created(api, "/v1/households", household(here)),
        "relation_id": created(api, "/v1/relations", relation(here)),
    }


def household(head: str) -> dict[str, Any]:
    return {"head_id": head, "since": DAY}


def relation(about: str) -> dict[str, Any]:
    contact = {"name": "Ma Daughter", "phone": "13900139000"}
    return {"resident_id": about, "kind": "carer", "tie": "child", "since": DAY, "contact": contact}


def register_residents(examples: Examples) -> None:
    """Search, register, change, transfer, end and reopen, as the examples have it."""
    examples.send("look_up_residents")
    here = {"resident_id": examples.send("register_resident")["id"]}
    examples.ids["resident"] = here["resident_id"]
    examples.send("find_likely_duplicates_of_residents")
    draft = need(examples.ids["station"], due="2030-05-01T10:00:00Z", publish=False)
    about = created(examples.api, "/v1/needs", draft)
    examples.send("name_residents", {"need_id": about})
    file = examples.api.post(f"/v1/needs/{about}/attachments", params={"kind": "invoice"}, content=b"%PDF-1.7")
    examples.send("remove_attachment", {"need_id": about, "attachment_id": file.json()["id"]})
    for action in ("change", "transfer"):
        examples.send(f"{action}_resident", here)
    related = {"relation_id": examples.send("record_relation")["id"]}
    for action in ("change", "end"):
        examples.send(f"{action}_relation", related)
    twin = created(examples.api, "/v1/residents", resident(examples.ids["station"], name="Elm Twin", birth_year=1951))
    for action in ("merge", "unmerge"):
        examples.send(f"{action}_residents", {"resident_id": twin})
    live_together(examples)
    for action in ("end", "reopen"):
        examples.send(f"{action}_resident", here)


def live_together(examples: Examples) -> None:
    """Form a household of the example's resident, with a lodger who moves in and out again, and dissolve it."""
    head, home = examples.ids["resident"], {"household_id": examples.send("form_household")["id"]}
    examples.send("transfer_household", home)
    examples.send("relate_members", home)
    lodger = resident(examples.ids["station"], name="Oak Lodger", birth_year=1950)
    examples.ids["resident"] = created(examples.api, "/v1/residents", lodger)
    examples.send("move_in", home)
    examples.send("move_out", home)
    examples.ids["resident"] = head
    examples.send("move_out", home)


CREATIONS: Final[Sequence[tuple[str, Callable[[dict[str, str]], dict[str, Any]]]]] = (
    ("/v1/residents", lambda ids: resident(ids["station_id"])),
    ("/v1/relations", lambda ids: relation(ids["resident_id"])),
)
"""Bodies that name a thing by its id."""
NAMED: Final = ("donor_id", "station_id", "fund_id", "visit_id", "resident_id")
"""The ids by which bodies of a test name a thing elsewhere, the first one counts."""
