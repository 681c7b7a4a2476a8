"""A dead letter to practise on: an event about an invented need, with one wrong field. Mended, it changes nothing.

Charity reads of a cancelled need the lines to be given back: it has none, and the need never was.
"""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic, sleep
from typing import Final

from amqp import Connection

from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.dead_letters.stored import read_letters
from deploy.lianshan.stores import Stores
from shared.contracts.envelope import CONTENT_TYPE, to_cloud_event
from shared.contracts.need_parts import Place
from shared.contracts.stations.needs import NeedCancelled
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher

QUEUE: Final = "charity.events"
FIELD: Final = "data.lines"
RIGHT: Final = "[]"
WRONG: Final = "a practice letter"
AREA: Final = "990101001001"
"""Of the invented towns, as `lianshan load` has them."""
SECONDS: Final = 20.0
PAUSE_SECONDS: Final = 0.2


def make_body(key: str, now: datetime) -> bytes:
    """Return the body of an event at `now` (UTC) whose FIELD is WRONG. `key` tells it from other practice letters."""
    need_id = f"need_practice_{key}"
    data = NeedCancelled(
        need_id=need_id, version=1, state="cancelled", station_id="sta_practice", area=AREA, theme="elderly_care",
        urgency="normal", score=0, due=now + timedelta(days=1), place=Place(lon=116.33, lat=39.93), beneficiaries=1,
    )  # fmt: skip
    event = to_cloud_event(
        data, subject=need_id, version=1, nth=0, time=now, area=AREA, correlation=need_id, causation=need_id,
        traceparent="",
    )  # fmt: skip
    body = json.loads(event.model_dump_json())
    body["data"]["lines"] = WRONG
    return json.dumps(body).encode()


def make_letter(connection: Connection, stores: Stores, body: bytes) -> DeadLetter | None:
    """Send the body to the queue of events and return the dead letter that charity makes of it.

    None where there is none within SECONDS: charity does not run, or is paused; it comes when charity works again.
    Raises an error of BROKER_ERRORS or PyMongoError.
    """
    # Past the exchange: no other service reads it, and it is not in the feed.
    properties = {"content_type": CONTENT_TYPE, "delivery_mode": PERSISTENT}
    Publisher(connection).publish([Outgoing("", QUEUE, body, properties)])
    digest, end = sha256(body).hexdigest(), monotonic() + SECONDS
    while monotonic() < end:
        for letter in read_letters(stores, [QUEUE]):
            if letter.digest == digest:
                return letter
        sleep(PAUSE_SECONDS)
    return None
