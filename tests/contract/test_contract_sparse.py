"""Documents without the fields at their defaults say the same as whole ones, today and to the release before."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bson
import contract_releases as releases
import pytest
import release
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st
from sparse_samples import DISPATCH, FULL, STAFFING
from test_contract_stores import MODULES, entities

from services.volunteering.dispatch.domain.staffing import Staffing
from shared.engine import Entity
from shared.engine.decide.sparse import Sparse

pytestmark = pytest.mark.contract
AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


def with_defaults(entity: Any, names: set[str]) -> Any:
    return entity.model_copy(update={name: type(entity).defaults[name] for name in names})


@st.composite
def sparse(draw: st.DrawFn) -> Any:
    """An entity of a sparse type, with some of its fields at their defaults."""
    full: Any = draw(st.sampled_from(FULL))
    return with_defaults(full, draw(st.sets(st.sampled_from(sorted(type(full).defaults)))))


def stored(entity: Entity) -> dict[str, Any]:
    return bson.decode(bson.encode(entity.to_document()), AWARE)


def test_every_sparse_type_has_a_sample():
    found = {m for service in MODULES for m in entities(service) if issubclass(m, Sparse)}
    assert found == {type(entity) for entity in FULL}
    left_out = [(one, name) for one in (*FULL, DISPATCH) for name, default in type(one).defaults.items()  # type: ignore[attr-defined]
                if getattr(one, name) == default]  # fmt: skip
    assert not left_out, "give the new field another value in sparse_samples.py"


@given(sparse())
def test_what_is_stored_is_read_again(entity: Any):
    document = stored(entity)
    assert type(entity).from_document(document) == entity
    left_out = {name for name, default in type(entity).defaults.items() if getattr(entity, name) == default}
    assert not left_out & document.keys()
    assert type(entity).always_stored <= document.keys()


@given(st.sampled_from(FULL), st.data())
def test_a_change_leaves_the_document_that_the_entity_has_when_it_is_stored_anew(full: Any, data: st.DataObject):
    some = st.sets(st.sampled_from(sorted(type(full).defaults)))
    before, after = (with_defaults(full, data.draw(some)) for _ in range(2))
    update, document = after.changes_since(before), before.to_document()
    document |= update["$set"]
    for name in update.get("$unset", {}):
        del document[name]
    assert document == after.to_document()


def test_a_document_of_before_with_every_field_is_read_and_becomes_sparse_where_it_is_written():
    whole = {**STAFFING.model_dump(), "_id": STAFFING.id, "searches": 0, "watch_at": None}
    read = Staffing.from_document(whole)
    assert (read.searches, read.watch_at) == (0, None)
    ended = read.model_copy(update={"waiting_in": None})
    assert ended.changes_since(read) == {"$set": {}, "$unset": {"waiting_in": ""}}


@pytest.mark.parametrize("version", release.kept_releases()[-1:])
def test_the_release_before_reads_them_as_they_are_meant(version: str, tmp_path: Path):
    tree = releases.tree_of(release.read_stamp(version).commit, tmp_path, ("shared", "services"))
    entities = [one for full in FULL for one in (full, with_defaults(full, set(type(full).defaults)))]  # type: ignore[attr-defined]
    rows = [[type(one).__module__, type(one).__name__, one.to_document()] for one in entities]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("old_documents.py"))],
        input=bson.encode({"documents": rows}), env={**os.environ, "PYTHONPATH": str(tree)}, cwd=tree,
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    for one, read in zip(entities, json.loads(done.stdout), strict=True):
        assert read == _as_known(json.loads(one.model_dump_json()), read)


def _as_known(meant: Any, read: Any) -> Any:
    """Return the part of the meaning that the release before knows the fields of."""
    if isinstance(meant, dict) and isinstance(read, dict):
        return {name: _as_known(value, read[name]) for name, value in meant.items() if name in read}
    if isinstance(meant, list) and isinstance(read, list) and len(meant) == len(read):
        return [_as_known(*pair) for pair in zip(meant, read, strict=True)]
    return meant
