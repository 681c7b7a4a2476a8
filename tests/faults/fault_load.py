"""Drives a day through the HTTP gateway, as a city platform would: in parallel, and again where no answer came."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import Any

import httpx
from fault_city import PATIENCE, City, until
from fault_day import PLENTY, VOLUNTEERS, Day

THREADS = 3
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Load:
    """One day's load. Every request has an Idempotency-Key and is sent again until it is answered for good."""

    def __init__(self, city: City, day: Day, threads: int = THREADS) -> None:
        self.city = city
        self.day = day
        self.ids: dict[int, str] = {}
        self.stations: list[str] = []
        self.again = 0
        self._client = city.client()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads)
        self._tasks: list[Future[None]] = []

    def morning(self) -> None:
        """The state before the first need: areas, stations, stock, funds, volunteers."""
        day = self.day
        self.post("/v1/areas:batch", {"rows": [{"code": code, "name": "Area"} for code in day.areas]}, "areas")
        for nth, area in enumerate(day.communities):
            opened = self.post("/v1/stations", {"area": area, "name": "Station", "level": "station"}, f"station-{nth}")
            self.stations.append(opened["id"])
            self._wait_seen(f"/v1/stations/{opened['id']}")
            rice = [{"item": "quilt", "quantity": PLENTY, "unit": "piece"}]
            self.post("/v1/donations", {"station_id": opened["id"], "goods": rice}, f"rice-{nth}")
            fund = self.post("/v1/funds", {"area": area, "name": "Fund"}, f"fund-{nth}")["id"]
            self._wait_seen(f"/v1/funds/{fund}")
            self.post("/v1/donations", {"fund_id": fund, "amount_fen": PLENTY}, f"money-{nth}")
            for one in range(VOLUNTEERS):
                self.post("/v1/volunteers", day.volunteer(nth, one), f"volunteer-{nth}-{one}")
        self._blankets(day.blankets[0], "morning")

    def begin(self) -> None:
        """Send the needs, and carry out the day's plan for each, in the background."""
        random = Random(f"{self.day.seed}/load")
        plans = list(self.day.needs)
        random.shuffle(plans)
        while plans:
            size = random.randint(1, 20)
            part, plans = plans[:size], plans[size:]
            self._tasks.append(self._pool.submit(self._send, part))
        self._tasks.append(self._pool.submit(self._blankets, self.day.blankets[1], "noon"))

    def reached(self, share: float) -> bool:
        """Whether this part of the needs has been taken in; raises an error that came up meanwhile."""
        for task in self._tasks:
            if task.done():
                task.result()
        return len(self.ids) >= share * self.day.size

    def wait_for(self, share: float) -> None:
        """Until so much of the needs has been taken in."""
        until(lambda: self.reached(share), f"{share:.0%} of the needs to be taken in", 2 * PATIENCE)

    def finish(self) -> None:
        """Until everything planned has been done and answered."""
        for task in self._tasks:
            task.result(2 * PATIENCE)
        self._pool.shutdown()

    def close(self) -> None:
        """Leave."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    # ---- requests -------------------------------------------------------------------------------------------

    def post(self, path: str, body: dict[str, Any], key: str) -> Any:
        """Until it is answered for good, each time with the same key; the answer must be a success."""
        headers = {"Idempotency-Key": f"day{self.day.number}-{key}"}
        answer = self._insist(lambda: self._client.post(path, json=body, headers=headers))
        assert answer.status_code in {200, 201}, f"{path} {key}: {answer.status_code} {answer.text}"
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        """Until it is answered."""
        answer = self._insist(lambda: self._client.get(path, params=params))
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def state(self, need_id: str) -> str:
        """Return the state of a need as the gateway shows it; empty while it does not show the need yet."""
        answer = self._insist(lambda: self._client.get(f"/v1/needs/{need_id}"))
        return str(answer.json()["state"]) if answer.status_code == 200 else ""

    def _wait_seen(self, path: str) -> None:
        # Later requests name it, and a projector that was just killed has not shown it yet.
        until(lambda: self._insist(lambda: self._client.get(path)).status_code == 200, f"{path} to be shown")

    def _insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        end_at = time.monotonic() + PATIENCE
        while True:
            try:
                answer = ask()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in AGAIN:
                return answer
            assert time.monotonic() < end_at, f"no answer in {PATIENCE:g} s, the last: {answer and answer.text}"
            with self._lock:
                self.again += 1
            time.sleep(0.1)

    # ---- the day's plan -------------------------------------------------------------------------------------

    def _send(self, plans: list[Any]) -> None:
        needs = [self.day.need(plan, self.stations[plan.community]) for plan in plans]
        items = self.post("/v1/needs:batch", {"needs": needs}, f"needs-{plans[0].nth}")["items"]
        assert [item["status"] for item in items] == [201] * len(plans), items
        with self._lock:
            self.ids.update((plan.nth, item["need"]["id"]) for plan, item in zip(plans, items, strict=True))
        for plan in plans:
            if plan.cancelled:
                self.post(f"/v1/needs/{self.ids[plan.nth]}/cancel", {"reason": "moved away"}, f"cancel-{plan.nth}")
            if plan.served:
                self._serve(self.ids[plan.nth], plan.nth)

    def _serve(self, need_id: str, nth: int) -> None:
        def accepted() -> Any:
            items = self.get("/v1/dispatches", need_id=need_id)["items"]
            return [item["id"] for item in items if item["state"] != "offered"]

        (dispatch,) = until(accepted, f"somebody for {need_id}")
        self._act(f"/v1/dispatches/{dispatch}/check-in", {}, f"in-{nth}")
        self._act(f"/v1/dispatches/{dispatch}/check-out", {}, f"out-{nth}")
        self._act(f"/v1/needs/{need_id}/confirm", {"note": ""}, f"confirm-{nth}")
        self._act(f"/v1/needs/{need_id}/evaluate", {"rating": 5}, f"evaluate-{nth}")

    def _act(self, path: str, body: dict[str, Any], key: str) -> None:
        """Its turn may not have come yet, while an event is still on its way. A refusal is kept with its key."""
        end_at = time.monotonic() + PATIENCE
        for nth in range(10_000):
            headers = {"Idempotency-Key": f"day{self.day.number}-{key}-{nth}"}
            answer = self._insist(lambda headers=headers: self._client.post(path, json=body, headers=headers))  # type: ignore[misc]
            if answer.status_code == 200:
                return
            assert answer.status_code in {404, 409}, f"{path}: {answer.status_code} {answer.text}"
            assert time.monotonic() < end_at, f"{path}: still {answer.text}"
            time.sleep(0.1)

    def _blankets(self, quantity: int, key: str) -> None:
        if quantity:
            goods = [{"item": "blanket", "quantity": quantity, "unit": "piece"}]
            self.post("/v1/donations", {"station_id": self.stations[0], "goods": goods}, f"blankets-{key}")
