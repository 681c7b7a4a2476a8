"""The query parameters that a path takes, as its function declares them.

The description has the same, and takes two seconds of CPU to make: requests do not wait for it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args, get_origin
from weakref import WeakKeyDictionary

from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Param, ParamTypes
from fastapi.routing import APIRoute

_KNOWN: Final[WeakKeyDictionary[Callable[..., Any], Mapping[str, bool]]] = WeakKeyDictionary()
"""By the function of the path."""


def list_parameters(route: APIRoute) -> Mapping[str, bool]:
    """Return each query parameter of the path, with whether it may be given several times."""
    known = _KNOWN.get(route.endpoint)
    if known is None:
        infos = [(field.alias, field.field_info) for field in get_flat_params(route.dependant)]
        known = _KNOWN[route.endpoint] = {
            name: _takes_several(info.annotation)
            for name, info in infos
            if isinstance(info, Param) and info.in_ == ParamTypes.query
        }
    return known


def _takes_several(annotation: object) -> bool:
    return any(get_origin(each) in {list, tuple} for each in (annotation, *get_args(annotation)))
