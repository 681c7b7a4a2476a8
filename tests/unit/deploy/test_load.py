"""What `lianshan load` asks for, counts, and where it refuses to run."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from deploy.cli.load import is_here, seconds_of, table
from deploy.load.figures import Figures, percentile
from deploy.load.town import COMMUNITIES, PROVINCE, SLOTS, Town
from services.gateway.models.requests import NeedIn
from shared.contracts.areas import is_area_code
from shared.contracts.volunteering import RegisterVolunteer

STATIONS = [f"station_{nth}" for nth in range(COMMUNITIES)]


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("30s", 30), ("1.5m", 90), ("2h", 7200)])
def test_times_as_people_write_them(text: str, seconds: float):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0s", "-1m", "5 days"])
def test_what_is_no_time_is_one_clear_line(text: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit):
        seconds_of(text)
    assert capsys.readouterr().err == f"lianshan: --for {text}: give a time like 30s, 5m or 1h.\n"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:80", "http://[::1]:8080"])
def test_a_gateway_of_this_machine_is_known(url: str):
    assert is_here(url)


@pytest.mark.parametrize("url", ["https://city.example", "http://10.0.0.7:8080", "http://127.0.0.1.example"])
def test_a_gateway_elsewhere_is_known_too(url: str):
    assert not is_here(url)


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


@pytest.mark.parametrize("needs", [1, COMMUNITIES * SLOTS * 5, COMMUNITIES * SLOTS * 5 + 1, 123_456])
def test_there_are_people_enough_for_every_need_of_a_run(needs: int):
    people = sum(post.path == "/v1/volunteers" for post in Town(1, "a", needs).supply(STATIONS)) / COMMUNITIES
    assert people >= needs / COMMUNITIES / SLOTS


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
    figures = Figures(asked_rate=1, asked=2)
    figures.hear("published", "a", 10.0)
    figures.hear("ready", "a", 10.5)
    figures.accept("a", 0.1)
    figures.accept("b", 0.1)
    figures.hear("published", "b", 11.0)
    figures.hear("ready", "a stranger's", 11.0)
    assert (figures.ended, figures.open, figures.well) == (1, ["b"], False)
    figures.hear("ready", "b", 11.25)
    assert figures.well
    assert figures.to_json()["published_to_ready_ms"] == {"p50": 250.0, "p99": 500.0, "max": 500.0}
    figures.errors["503 unavailable"] += 1
    assert not figures.well
    assert table(figures).row_count == 7
