"""Replicas of two releases work side by side: each understands the messages of the other.

`released/` holds the messages of each release. See docs/changing-contracts-and-stores.md. Today's contracts stand in
for a release, too, so that every comparison runs where no release is kept yet.
"""

import copy
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import contract_releases as releases
import pytest
import release
from contract_releases import Kept, breaks_since, lost

from shared.contracts import export
from shared.contracts.compatibility import Schemas

pytestmark = pytest.mark.contract

RELEASES = release.kept_releases()
ACCEPTED: dict[str, dict[str, str]] = json.loads((release.FOLDER / "accepted.json").read_text("utf-8"))
"""By release: the intended breaks, in the words of the rule, each with the reason why no reader is harmed."""
TODAY = "today"


@pytest.fixture(scope="module", params=[TODAY, *RELEASES])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release that this tree would be, kept once for all tests: its thousand files take a second to write."""
    folder = tmp_path_factory.mktemp("released")
    assert release.keep("9.9.9", folder) == len(releases.samples_of_today())
    release.write_stamp("9.9.9", folder)
    return folder / "9.9.9"


@pytest.fixture(scope="module")
def kept(version: str, today: Path) -> Kept:
    return Kept.read(release.FOLDER / version, ACCEPTED.get(version, {})) if version != TODAY else Kept.read(today, {})


@pytest.fixture(scope="module")
def tree(version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts of the release."""
    folder = tmp_path_factory.mktemp("tree")
    if version != TODAY:
        return releases.tree_of(release.read_stamp(version).commit, folder)
    for part in releases.READERS:
        source = releases.ROOT / part
        target = folder / part
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return folder


def test_only_kept_releases_have_breaks_that_are_accepted():
    assert ACCEPTED.keys() <= set(RELEASES)
    assert all(why for lines in ACCEPTED.values() for why in lines.values()), "say why nobody is hurt"


class TestBesideARelease:
    def test_what_breaks_is_meant_and_nothing_is_listed_in_vain(self, kept: Kept):
        assert not releases.unlisted(kept)

    def test_every_message_of_it_is_understood_today_as_it_was_meant(self, kept: Kept):
        assert kept.samples
        assert not releases.misread(kept)

    def test_messages_of_today_fit_its_schemas(self, kept: Kept):
        assert releases.known_to(kept)
        assert not releases.misfits(kept)

    def test_its_own_code_understands_messages_of_today(self, kept: Kept, tree: Path):
        assert not releases.misread_by_code(tree, releases.known_to(kept))

    def test_its_own_code_understands_the_messages_that_are_kept_of_it(self, kept: Kept, tree: Path):
        sent = [(path, message) for path, found in kept.samples.items() for message in found]
        wrong = []
        for (path, message), (read, error) in zip(sent, releases.read_by(tree, sent), strict=True):
            meant = releases.said_in(path, message)
            wrong += [f"{path}: {error}"] if error else [f"{path}: {what}" for what in lost(meant, read)]
        assert not wrong


def test_a_release_that_knew_less_than_today_is_found_by_each_comparison(today: Path):
    kept = Kept.read(today, {})
    path = EVENT
    kept.schemas[path]["properties"]["urgency"] = {"enum": ["never"]}
    for message in kept.samples[path]:
        message["data"]["gone_today"] = "a meaning that nobody reads any more"
    assert any(line.startswith(f"forward {path} urgency") for line in releases.unlisted(kept))
    assert any("urgency" in line for line in releases.misfits(kept))
    assert any("gone_today is gone" in line for line in releases.misread(kept))


def test_a_line_that_is_listed_in_vain_is_found(today: Path):
    line = f"forward {EVENT} urgency: is a break that never was"
    assert releases.unlisted(Kept.read(today, {line: "a reason"})) == [f"in vain: {line}"]


def test_a_release_whose_commit_this_clone_lacks_fails_with_the_remedy(tmp_path: Path):
    with pytest.raises(AssertionError, match="git fetch --unshallow"):
        releases.tree_of("0" * 40, tmp_path)


EVENT, COMMAND = "stations/events/stations.need.published.json", "stations/commands/RegisterNeed.json"


def _new_field(schemas: Schemas, path: str) -> None:
    schemas[path]["properties"]["hint"] = {"type": "string", "default": ""}


def _new_value(schemas: Schemas, path: str) -> None:
    urgency = schemas[path]["properties"]["urgency"]
    # In events any other string is foreseen beside the known ones.
    urgency.get("anyOf", [urgency])[0]["enum"].append("immediate")


def _new_message(schemas: Schemas, path: str) -> None:
    schemas[path.replace(".json", ".new.json")] = schemas[path]


def _removed(schemas: Schemas, path: str) -> None:
    del schemas[path]


UNKNOWN_FIELD = "hint: is a field that its reader refuses, because it does not know it"
UNKNOWN_VALUE = "urgency: may be 'immediate', which its reader does not know"


@pytest.mark.parametrize(
    ("path", "change", "breaks"),
    [
        (EVENT, _new_field, []),
        (COMMAND, _new_field, [f"forward {COMMAND} {UNKNOWN_FIELD}"]),
        (EVENT, _new_value, []),
        (COMMAND, _new_value, [f"forward {COMMAND} {UNKNOWN_VALUE}"]),
        (EVENT, _new_message, []),
        (COMMAND, _new_message, []),
        (EVENT, _removed, [f"forward {EVENT} as a whole: is not sent any more"]),
        (COMMAND, _removed, [f"back {COMMAND} as a whole: is not taken any more"]),
    ],
)
def test_the_export_says_of_a_change_what_the_next_release_is_held_to(
    path: str, change: Callable[[Schemas, str], None], breaks: list[str]
):
    before = export.schemas()
    now = before | {path: copy.deepcopy(before[path])}
    change(now, path)
    lines = export.differences(before, now)
    assert lines
    assert [line.removeprefix("BREAKS ") for line in lines if line.startswith("BREAKS ")] == breaks
    assert breaks_since(before, now) == set(breaks)


def test_a_loss_of_meaning_is_seen():
    sent = {"a": 1, "at": "2026-03-02T08:00:00Z", "parts": [{"b": "x"}]}
    assert list(lost(sent, {**sent, "at": "2026-03-02T16:00:00+08:00", "more": 1})) == []
    assert list(lost(sent, {**sent, "parts": [{"b": "y"}]})) == [".parts[0].b: 'x' is read as 'y'"]
    assert list(lost(sent, {"a": 1, "parts": []})) == [".at is gone", ".parts: [{'b': 'x'}] is read as []"]


def test_a_release_is_kept_once_and_never_written_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "9.9.9").mkdir()
    assert release.main(["9.9.9"], tmp_path) == 1
    assert "a release never changes" in capsys.readouterr().err


def test_a_release_of_another_version_than_the_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert release.main(["9.9.9"], tmp_path) == 1
    assert "pyproject.toml" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_release_is_kept_whole_and_names_its_commit(today: Path):
    found = {str(p.relative_to(today)) for p in today.rglob("*.json")}
    schemas = set(export.schemas())
    paths = {f"schemas/{p}" for p in schemas} | {f"samples/{p}" for p in schemas - {"cloudevent.json"}}
    assert found == paths | {"release.json", "indexes.json"}
    stamp = release.read_stamp("9.9.9", today.parent)
    assert stamp.version == "9.9.9"
    assert re.fullmatch("[0-9a-f]{40}", stamp.commit)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", stamp.date)


def test_the_latest_release_is_told_by_its_numbers(tmp_path: Path):
    for name in ("0.9.0", "0.10.0", "0.2.0"):
        (tmp_path / name).mkdir()
    assert release.kept_releases(tmp_path) == ["0.2.0", "0.9.0", "0.10.0"]
