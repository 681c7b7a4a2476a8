"""An answer leads on: a new thing to the operations on it, a list to its next page and to the things on it."""

from typing import Any

from described_api import list_operations

from tests.each import for_each

OPERATIONS = {operation["operationId"]: operation for _, _, operation in list_operations()}


def _links(operation: dict[str, Any], status: str) -> dict[str, dict[str, str]]:
    links = operation["responses"][status].get("links", {})
    return {each["operationId"]: each["parameters"] for each in links.values()}


def test_a_new_need_leads_to_all_that_can_be_done_with_it() -> None:
    links = _links(OPERATIONS["register_need"], "201")
    assert {"read_need", "publish_need", "confirm_need", "evaluate_need"} <= links.keys()
    assert links["publish_need"] == {"need_id": "$response.body#/id"}


def test_a_list_leads_to_its_next_page_and_to_a_thing_on_it() -> None:
    assert _links(OPERATIONS["list_needs"], "200") == {
        "list_needs": {"after": "$response.body#/next"},
        "read_need": {"need_id": "$response.body#/items/0/id"},
    }
    # Balances have the ids of volunteers, and none of their own.
    assert _links(OPERATIONS["list_balances"], "200") == {"list_balances": {"after": "$response.body#/next"}}
    assert _links(OPERATIONS["list_donor_merges"], "200") == {
        "list_donor_merges": {"donor_id": "$request.path.donor_id", "after": "$response.body#/next"}
    }


@for_each("operation", OPERATIONS.values(), ids=lambda each: each["operationId"])
def test_a_link_gives_all_that_the_path_of_its_operation_takes(operation: dict[str, Any]) -> None:
    for status in operation["responses"]:
        for name, parameters in _links(operation, status).items():
            taken = {each["name"]: each["in"] for each in OPERATIONS[name].get("parameters", ())}
            assert parameters.keys() <= taken.keys()
            assert {each for each, place in taken.items() if place == "path"} <= parameters.keys()
