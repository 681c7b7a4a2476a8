"""The links of OpenAPI: the operations to which an answer leads, by the id or the cursor that it gives."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Json = dict[str, Any]
_OF_NEW: Final = "$response.body#/id"
_OF_FIRST: Final = "$response.body#/items/0/id"
_NEXT: Final = "$response.body#/next"


def add_links(described: Json) -> None:
    """Link each new thing to the operations on it, and each list to its next page and to the first thing on it."""
    takers = _find_takers(described)
    for path, methods in described["paths"].items():
        thing = _find_parameter(path, described)
        new = methods.get("post", {}).get("responses", {}).get("201")
        if new is not None and thing is not None:
            # A thing within another, such as a file of a need, is taken by two ids.
            for operation in takers.get(thing, ()):
                _link(new, operation, {thing: _OF_NEW})
        if "get" in methods and _is_list(methods["get"]):
            _link_list(methods["get"], _find_read(path, thing, described), described)


def _link_list(operation: Json, read: tuple[str, str] | None, described: Json) -> None:
    page = operation["responses"]["200"]
    same = {name: f"$request.path.{name}" for name in _path_parameters(operation)}
    _link(page, operation["operationId"], same | {"after": _NEXT})
    if read is not None and _has_ids(page, described["components"]["schemas"]):
        parameter, name = read
        _link(page, name, {parameter: _OF_FIRST})


def _find_parameter(path: str, described: Json) -> str | None:
    """Return the parameter for one thing of the list at that path: `need_id` for `/v1/needs`."""
    prefix = f"{path}/{{"
    below = (each for each in described["paths"] if each.startswith(prefix) and each.endswith("_id}"))
    return next((each[len(prefix) : -1] for each in below), None)


def _find_read(path: str, parameter: str | None, described: Json) -> tuple[str, str] | None:
    """Return the parameter and the operation that reads one thing of the list; None where none does."""
    read = described["paths"].get(f"{path}/{{{parameter}}}", {}).get("get")
    return None if parameter is None or read is None else (parameter, read["operationId"])


def _find_takers(described: Json) -> dict[str, list[str]]:
    """Return the operations that take nothing else in their path, by the name of the parameter."""
    found: dict[str, list[str]] = {}
    for operation in _operations(described):
        if len(names := _path_parameters(operation)) == 1:
            found.setdefault(names[0], []).append(operation["operationId"])
    return found


def _operations(described: Json) -> Iterator[Json]:
    return (operation for methods in described["paths"].values() for operation in methods.values())


def _path_parameters(operation: Json) -> list[str]:
    return [str(each["name"]) for each in operation.get("parameters", ()) if each["in"] == "path"]


def _is_list(operation: Json) -> bool:
    answers = operation["responses"]["200"].get("content", {})
    return "application/json" in answers and any(each["name"] == "after" for each in operation.get("parameters", ()))


def _has_ids(page: Json, schemas: Json) -> bool:
    name = page["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    item = schemas[name]["properties"]["items"]["items"]["$ref"].rpartition("/")[2]
    return "id" in schemas[item]["properties"]


def _link(answer: Json, operation: str, parameters: Mapping[str, str]) -> None:
    answer.setdefault("links", {})[operation] = {"operationId": operation, "parameters": dict(parameters)}
