"""Registers a need and prints its events until goods and a volunteer are found."""

import os
from datetime import datetime, timedelta, timezone

from lianshan_client import Client
from lianshan_client.api import events, needs, stations

day = datetime.now(timezone.utc).replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=14)

with Client(os.environ["LIANSHAN_URL"], os.environ["LIANSHAN_KEY"]) as lianshan:
    station = next(lianshan.iterate(stations.list_stations(level=["station"], state=["open"])))
    need = lianshan.send(
        needs.register_need(
            {
                "station_id": station["id"],
                "title": "Rice for a family",
                "theme": "elderly_care",
                "urgency": "normal",
                "due": (day + timedelta(hours=8)).isoformat(),
                "location": {"lon": 116.342, "lat": 39.926},
                "beneficiaries": 4,
                "lines": [{"kind": "goods", "item": "rice", "quantity": 2, "unit": "bag_5kg"}],
                "volunteers": {
                    "headcount": 1,
                    "skills": ["carrying"],
                    "languages": [],
                    "starts_at": day.isoformat(),
                    "ends_at": (day + timedelta(hours=1)).isoformat(),
                },
                "publish": True,
            }
        )
    )
    print(need["id"])

    first = lianshan.send(events.list_events_of_need(need["id"]))["items"][0]
    print(first["event"]["type"])
    for entry in lianshan.follow(after=first["cursor"]):
        if entry["event"]["subject"] == need["id"]:
            print(entry["event"]["type"])
            if entry["event"]["type"] == "stations.need.ready":
                break
