"""The requests of `lianshan load`, its counts, and the places where it refuses to run."""

from time import monotonic

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from deploy.lianshan.cli.load import explain_limit, is_local, list_figures, parse_duration
from deploy.lianshan.load.figures import Figures, percentile
from deploy.lianshan.load.town import COMMUNITIES, PROVINCE, SLOTS, Town
from services.gateway.features.needs.request import NeedIn
from services.volunteering.matching.domain.volunteers import MAX_BOOKINGS
from shared.contracts.areas import is_area_code
from shared.contracts.volunteering.people import RegisterVolunteer

STATIONS = [f"station_{nth}" for nth in range(COMMUNITIES)]


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("30s", 30), ("1.5m", 90), ("2h", 7200)])
def test_times_as_people_write_them(text: str, seconds: float):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0s", "-1m", "5 days"])
def test_what_is_no_time_is_one_clear_line(text: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit):
        parse_duration(text)
    assert capsys.readouterr().err == f"lianshan: --for {text}: give a time like 30s, 5m or 1h.\n"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:80", "http://[::1]:8080"])
def test_a_gateway_of_this_machine_is_known(url: str):
    assert is_local(url)


@pytest.mark.parametrize("url", ["https://city.example", "http://10.0.0.7:8080", "http://127.0.0.1.example"])
def test_a_gateway_elsewhere_is_known_too(url: str):
    assert not is_local(url)


def test_what_is_posted_is_what_the_api_takes():
    town = Town(7, "a", 500)
    assert all(is_area_code(code) for code in town.areas)
    for nth in range(50):
        NeedIn.model_validate(town.need(nth, STATIONS).body)
    for post in town.supply(STATIONS):
        if post.path == "/v1/volunteers":
            RegisterVolunteer.model_validate(post.body)


def test_everything_lies_in_a_province_that_does_not_exist_and_is_marked():
    town = Town(7, "a", 10)
    assert all(code.startswith(PROVINCE) for code in town.areas)
    assert town.need(0, STATIONS).body["title"].startswith("Load ")
    assert {post.body["name"][:5] for post in town.supply(STATIONS) if "name" in post.body} == {"Load "}


@pytest.mark.parametrize("needs", [1, 2000, 2001, 6000, 123_456])
def test_there_are_people_enough_for_every_need_of_a_run(needs: int):
    people = sum(post.path == "/v1/volunteers" for post in Town(1, "a", needs).supply(STATIONS)) / COMMUNITIES
    assert people * MAX_BOOKINGS > needs / COMMUNITIES * 1.4, "nobody's days are full"
    assert people > needs / COMMUNITIES / SLOTS, "the needs of one hour have a person each"


def test_two_runs_share_stations_but_no_people_and_no_needs():
    one, other = Town(1, "a", 10), Town(1, "b", 10)
    assert [post.key for post in one.stations()] == [post.key for post in other.stations()]
    made, made_again = ({post.key for post in town.supply(STATIONS)} for town in (one, other))
    assert not made & made_again
    assert one.need(0, STATIONS).key != other.need(0, STATIONS).key


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300), st.sampled_from((0.5, 0.99, 1.0)))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(values: list[float], share: float):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_a_run_is_well_only_when_every_need_came_to_its_end():
    figures = Figures(asked_rate=1, asked=2, began=monotonic())
    figures.count_event("published", "a", 10.0)
    figures.count_event("ready", "a", 10.5)
    figures.accept("a", 0.1)
    figures.accept("b", 0.1)
    figures.count_event("published", "b", 11.0)
    figures.count_event("ready", "a stranger's", 11.0)
    assert (figures.ended, figures.open, figures.well) == (1, ["b"], False)
    figures.count_event("ready", "b", 11.25)
    assert figures.well
    assert figures.to_json()["published_to_ready_ms"] == {"p50": 250.0, "p99": 500.0, "max": 500.0}
    figures.errors["503 unavailable"] += 1
    assert not figures.well
    assert len(list_figures(figures)) == 7


def _after(seconds: float, *, asked: int = 100, late: float = 0.0, held_up: float = 0.0, busy: float = 0.1) -> Figures:
    """A hundred needs at fifty a second, all taken in after so many seconds."""
    figures = Figures(asked_rate=50, asked=asked, began=monotonic() - seconds, late=late, held_up=held_up, busy=busy)
    for nth in range(100):
        figures.count_event("published", f"{nth}", 0.0)
        figures.count_event("ready", f"{nth}", 0.1)
        figures.accept(f"{nth}", 0.1)
    return figures


def test_a_rate_is_held_when_all_are_taken_in_as_they_come():
    figures = _after(2.5)
    assert (figures.held, figures.limit, figures.well, explain_limit(figures)) == (True, None, True, "")


@pytest.mark.parametrize(
    ("figures", "limit", "words"),
    [
        (_after(9, late=7, held_up=8), "answers", "The answers were the limit"),
        (_after(9), "answers", "The answers were the limit"),
        (_after(9, late=7, held_up=0.5), "generator", "This command was the limit itself"),
        (_after(9, late=7, held_up=8, busy=0.97), "generator", "busy 97% of the time"),
    ],
)
def test_a_rate_that_was_not_held_is_said_to_be_so_and_why(figures: Figures, limit: str, words: str):
    assert (figures.held, figures.limit, figures.well) == (False, limit, False)
    assert words in explain_limit(figures)
    assert "not held: 11.1/s were taken in of the 50/s asked for" in explain_limit(figures)
    assert figures.to_json()["rate_held"] is False


def test_needs_that_were_not_taken_in_at_all_are_counted():
    assert "3 were not taken in at all" in explain_limit(_after(1, asked=103))
