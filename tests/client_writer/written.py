"""The files of `shared/client` that are written: their text today, and the folder in which they stand."""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.client_writer import operations
from tests.client_writer.operations import Operation
from tests.client_writer.schemas import COMMON, Schema, Types, find_references

PACKAGE: Final = Path(__file__).resolve().parents[2] / "shared/client/lianshan_client"
WRITTEN: Final = ("api", "answers", "bodies")
_HEAD: Final = (
    '"""{}: written by `python -m tests.client_writer` from /openapi.json."""\n\nfrom __future__ import annotations\n'
)
_SYNCHRONOUS: Final = (
    (r"\bwith asyncio\b", "without asyncio"),
    (r"\basyncio\b", "time"),
    (r"\basync |\bawait ", ""),
    (r"\bAsync(Client|Iterator|BaseTransport)", r"\1"),
    (r"\ba(iter_bytes|close|next)\b", r"\1"),
    (r"__a(enter|exit)__", r"__\1__"),
    ("Tasks may share it", "Threads may share it"),
)


def write_all(description: Schema) -> None:
    """Write the files of an OpenAPI description; remove those of modules that are no longer described."""
    for path in (path for folder in WRITTEN for path in (PACKAGE / folder).glob("*.py")):
        path.unlink()
    for name, text in make_all(description).items():
        (PACKAGE / name).parent.mkdir(exist_ok=True)
        (PACKAGE / name).write_text(text, encoding="utf-8")


def make_all(description: Schema) -> dict[str, str]:
    """Return the text of each file, by its path in the package."""
    paths = description["paths"].items()
    every = [Operation(method, path, each) for path, methods in paths for method, each in methods.items()]
    every = [each for each in every if each.described.get("tags") and not (each.is_stream or each.is_signed)]
    types = Types(description["components"]["schemas"])
    _place(every, types)
    files = {f"{folder}/__init__.py": f'"""{_FOLDERS[folder]}"""\n' for folder in WRITTEN}
    by_module: dict[str, list[str]] = defaultdict(list)
    for name, module in sorted(types.modules.items()):
        by_module[module].append(name)
    for module, names in by_module.items():
        files[f"{module.replace('.', '/')}.py"] = _write_types(module, names, types)
    of_tags: dict[str, list[Operation]] = defaultdict(list)
    for each in every:
        of_tags[each.module].append(each)
    files |= {f"api/{tag}.py": _write_functions(tag, of_tag, types) for tag, of_tag in of_tags.items()}
    asynchronous = (PACKAGE / "async_client.py").read_text(encoding="utf-8")
    files["client.py"] = make_synchronous(asynchronous)
    return _format(files)


MOST_TYPES: Final = 20
"""Of one module."""
_FOLDERS: Final = {
    "api": "Functions that make the calls, a module for each tag and a function for each operation of /openapi.json.",
    "answers": "The types of answers. Fields and values that are not listed are those of a newer release.",
    "bodies": "The types of the bodies of requests.",
}


def make_synchronous(text: str) -> str:
    """Return the asynchronous client without its asyncio."""
    for found, instead in _SYNCHRONOUS:
        text = re.sub(found, instead, text)
    return text


def _place(every: list[Operation], types: Types) -> None:
    """Give each schema its module: that of its one tag, or `common`. One that is answered is never strict.

    Of a tag with many answers those within others have a module of their own.
    """
    tags: dict[str, set[str]] = defaultdict(set)
    answered: set[str] = set()
    whole: set[str] = set()
    for each in every:
        in_answer = types.reach(each.answer)
        whole |= find_references(each.answer)
        answered |= in_answer
        queries = [parameter["schema"] for parameter in each.parameters("query")]
        answered |= types.reach(queries)
        for name in in_answer | types.reach(each.body) | types.reach(queries):
            tags[name].add(each.module)
    for name, used in tags.items():
        folder = "answers" if name in answered else "bodies"
        types.modules[name] = f"{folder}.{next(iter(used)) if len(used) == 1 else COMMON}"
    for module, number in Counter(types.modules.values()).items():
        if number > MOST_TYPES and module.startswith("answers.") and not module.endswith(COMMON):
            parts = [name for name, placed in types.modules.items() if placed == module and name not in whole]
            types.modules |= dict.fromkeys(parts, f"{module}_parts")


def _write_types(module: str, names: list[str], types: Types) -> str:
    strict = module.startswith("bodies.")
    # Aliases last: they are made of the classes.
    ordered = sorted(names, key=lambda name: "properties" not in types.schemas[name])
    text = "\n\n".join(types.define(name, strict=strict) for name in ordered)
    elsewhere = {name for each in names for name in types.reach(types.schemas[each])} - set(names)
    kind = "Bodies" if strict else "Answers"
    return (
        _HEAD.format(f"{kind} of {module.partition('.')[2]}") + _imports(text, elsewhere, types, module) + "\n\n" + text
    )


def _write_functions(tag: str, every: list[Operation], types: Types) -> str:
    text = "\n\n".join(operations.define(each, types) for each in every)
    names = operations.list_module_references(every, types)
    return _HEAD.format(f"Calls of {tag}") + _imports(text, names, types, f"api.{tag}") + "\n\n" + text


def _imports(text: str, names: set[str], types: Types, module: str) -> str:
    """The imports of the names that the text uses."""
    used = [
        f"from {source} import {', '.join(found)}"
        for source, candidates in (
            ("collections.abc", ("Sequence",)),
            ("typing", ("Any", "Literal", "TypedDict")),
            ("urllib.parse", ("quote",)),
            ("..calls", ("Call", "Listing", "new_key")),
            ("..events", ("Event", "FeedEntry")),
        )
        if (found := [name for name in candidates if _uses(text, name)])
    ]
    by_module: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        if name in types.modules and types.modules[name] != module and _uses(text, name):
            by_module[types.modules[name]].append(name)
    own = module.partition(".")[0]
    for source, found in sorted(by_module.items()):
        folder, _, file = source.partition(".")
        used.append(f"from .{file if folder == own else f'.{source}'} import {', '.join(found)}")
    if _uses(text, "NotRequired"):
        used.append(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from typing_extensions import NotRequired"
        )
    return "\n".join(used) + "\n"


def _uses(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _format(files: dict[str, str]) -> dict[str, str]:
    """Style them as ruff does, with their imports in order. All at once: a process for each takes seconds."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    with TemporaryDirectory() as folder:
        here = Path(folder)
        for name, text in files.items():
            (here / name).parent.mkdir(exist_ok=True)
            (here / name).write_text(text, encoding="utf-8")
        options = ["--quiet", "--no-cache", "--config", "line-length=120", "--target-version=py310", folder]
        for command in (["check", "--fix-only", "--select=I"], ["format"]):
            subprocess.run([ruff, *command, *options], cwd=folder, check=True, timeout=60)
        return {name: (here / name).read_text(encoding="utf-8") for name in sorted(files)}
