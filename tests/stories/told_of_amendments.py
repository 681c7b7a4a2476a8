"""The stories of needs that were written down wrongly and are corrected."""

from shared.contracts.stations.amending import EditNeed
from shared.contracts.stations.needs import PublishNeed
from tests.stories.stage import Stage
from tests.stories.told import story


@story
def a_draft_with_a_wrong_number_and_station_is_corrected_before_anything_is_linked(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.next_door)
    city.give(there, city.next_door, 12)
    need = city.ask(here, quilts=100, publish=False)
    city.reaches(need, "draft")
    lines = [{"kind": "goods", "item": "quilt", "unit": "piece", "quantity": 10}]
    city.send(EditNeed.model_validate({"need_id": need, "station_id": there, "lines": lines}))
    city.until(lambda: city.need(need)["station_id"] == there, "it is the other station's")
    city.send(PublishNeed(need_id=need))
    city.reaches(need, "ready")
    city.until(lambda: city.reserved(there) == (12, 10), "ten of twelve quilts are reserved")
