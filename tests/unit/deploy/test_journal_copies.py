"""The file of the journal of erasures: continued, never shortened, and refused where it is another platform's."""

from pathlib import Path

import pytest
from erasure_journal import journal

from deploy.lianshan.cli.erasures import find_journal
from deploy.lianshan.erasures import JournalFailedError, check_journal, read_file, write_file
from deploy.lianshan.erasures.failed_commands import traces_of
from shared.people.journal import Head, head_of


def test_a_file_is_continued_and_never_shortened(tmp_path: Path) -> None:
    file = tmp_path / "erasures.jsonl"
    write_file(file, journal("a"))
    write_file(file, journal("a", "b", "c"))
    write_file(file, journal("a"))
    assert list(read_file(file)) == journal("a", "b", "c")
    assert file.stat().st_mode & 0o077 == 0


def test_an_empty_journal_is_a_journal(tmp_path: Path) -> None:
    file = tmp_path / "erasures.jsonl"
    write_file(file, ())
    assert list(check_journal(read_file(file), Head(), "a.backup")) == []


def test_the_file_of_another_platform_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "erasures.jsonl"
    write_file(file, journal("a", "b"))
    before = file.read_bytes()
    with pytest.raises(JournalFailedError, match="contradicts the other copies"):
        write_file(file, journal("x"))
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [lambda text: text.replace('"id":"a"', '"id":"z"'), lambda text: text[:-40]])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "erasures.jsonl"
    write_file(file, journal("a", "b"))
    file.write_text(damage(file.read_text()))  # type: ignore[operator]
    with pytest.raises(JournalFailedError, match="name another copy"):
        read_file(file)


def test_a_backup_is_restored_only_with_a_journal_that_goes_through_its_own() -> None:
    head = head_of(journal("a", "b"))
    assert len(check_journal(journal("a", "b", "c"), head, "a.backup")) == 3
    for lacking in (journal("a"), journal("a", "x", "c")):
        with pytest.raises(JournalFailedError, match="name a later copy of it by --journal"):
            check_journal(lacking, head, "a.backup")
    with pytest.raises(JournalFailedError, match="--nobody-erased"):
        check_journal(None, Head(), "a.backup")


def test_the_file_beside_a_backup_counts_unnamed_only_where_it_tells_of_later_erasures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIANSHAN_ERASURES_FILE", raising=False)
    backup, file = tmp_path / "a.backup", tmp_path / "erasures.jsonl"
    write_file(file, journal("a", "b"))
    assert find_journal(backup, 2, None, nobody_erased=False) is None
    assert find_journal(backup, 1, None, nobody_erased=False) == journal("a", "b")
    assert find_journal(backup, 2, file, nobody_erased=False) == journal("a", "b")
    monkeypatch.setenv("LIANSHAN_ERASURES_FILE", str(file))
    assert find_journal(backup, 2, None, nobody_erased=False) == journal("a", "b")


def test_the_marks_of_a_failed_command_come_from_the_opened_record() -> None:
    volunteer = traces_of("vol_1", {"name": "Li Invented", "phone": "+8613800000000", "location": "{}"})
    assert volunteer.lead_to('{"name":"Somebody","phone":"+8613800000000"}')
    assert not volunteer.lead_to('{"name":"Li Invented","phone":"+8613900000000"}')
    mailed = traces_of("vol_1", {"name": "Li Invented", "email": "li@example.org"})
    assert mailed.lead_to('{"name":"Somebody","phone":"+8613900000000","email":"li@example.org"}')
    assert not mailed.lead_to('{"name":"Somebody","phone":"+8613900000000","email":"wen.li@example.org"}')
    resident = traces_of("resident_1", {"profile": '{"name":"Ma Invented","phones":["+8613800138000"]}'})
    assert resident.lead_to('{"name":"Somebody","phones":["+8613800138000"]}')
    assert not resident.lead_to('{"name":"Somebody","phones":["+8613900000000"],"identity_number":""}')
    need = traces_of("need_1", {"asked": '{"title":"Rice","location":{"lon":116.3,"lat":39.9},"purposes":{}}'})
    assert need.lead_to('{"title":"Rice","location":{"lon":116.3,"lat":39.9}}')
    assert not need.lead_to('{"title":"Rice","location":{"lon":116.4,"lat":39.9}}')
