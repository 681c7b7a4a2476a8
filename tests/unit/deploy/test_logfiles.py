"""Logs of the stack's processes do not fill the disk."""

from pathlib import Path

from deploy.lianshan.local.logfiles import KEPT, open_log, rotate, tail


def test_a_log_that_grows_too_large_is_set_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "charity.log"
    with open_log(path) as log:
        for number in range(5):
            log.write(f"part {number} {'x' * 100}\n".encode())
            log.flush()
            rotate(path, limit=50)
        log.write(b"last\n")
        log.flush()
    assert path.read_text() == "last\n"
    kept = sorted(p.name for p in tmp_path.iterdir())
    assert kept == ["charity.log", *(f"charity.log.{n}" for n in range(1, KEPT + 1))]
    assert (tmp_path / "charity.log.1").read_text().startswith("part 4 ")


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "charity.log"
    path.write_text("short\n")
    rotate(path, limit=50)
    assert path.read_text() == "short\n"
    rotate(tmp_path / "missing.log")


def test_the_last_words_of_a_process_are_found(tmp_path: Path) -> None:
    path = tmp_path / "charity.log"
    path.write_text("\n".join(f"line {n}" for n in range(10_000)))
    assert tail(path, 2) == ["line 9998", "line 9999"]
    assert tail(tmp_path / "missing.log") == []
