"""One endpoint over HTTP on loopback: a name is resolved, checked, and reached at the address that was checked."""

import asyncio
import ssl
from collections.abc import Callable
from ipaddress import ip_address

import pytest
from webhook_receiver import Answer, Receiver, receiving

from services.gateway.deliveries import sending
from services.gateway.deliveries.sending import Endpoint, Names, Reply, SendingFailedError
from services.gateway.endpoint_addresses import Address, Network, read_networks, read_target

LOOPBACK = read_networks("127.0.0.0/8")


class Told(Names):
    """A name server that answers as it is told, and counts the questions."""

    def __init__(self, answer: Callable[[], list[Address]]) -> None:
        self.answer, self.asked = answer, 0

    async def resolve(self, host: str, port: int) -> list[Address]:  # noqa: ARG002
        self.asked += 1
        return self.answer()


def send(url: str, names: Names, networks: tuple[Network, ...] = LOOPBACK, times: int = 1) -> list[Reply]:
    async def run() -> list[Reply]:
        endpoint = Endpoint(read_target(url), names, networks, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        try:
            return [await endpoint.send("POST", {"webhook-id": "e1"}, b"{}") for _ in range(times)]
        finally:
            await endpoint.close()

    return asyncio.run(run())


def at(*addresses: str) -> Told:
    return Told(lambda: [ip_address(address) for address in addresses])


def failure(url: str, names: Names, networks: tuple[Network, ...] = LOOPBACK) -> str:
    with pytest.raises(SendingFailedError) as found:
        send(url, names, networks)
    return found.value.code


@pytest.fixture
def receiver():  # type: ignore[no-untyped-def]
    with receiving() as one:
        yield one


def named(receiver: Receiver) -> str:
    return f"http://city.example:{receiver.port}/in?token=t"


def test_a_name_that_leads_inside_is_not_called(receiver: Receiver) -> None:
    assert failure(named(receiver), at("127.0.0.1"), read_networks("10.20.0.0/16")) == "webhook_address_private"
    assert receiver.received == []


def test_a_name_that_leads_elsewhere_a_moment_later_is_reached_where_it_was_checked(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    names = Told(lambda: [ip_address(address) for address in next(answers)])
    assert [reply.status for reply in send(named(receiver), names, times=3)] == [204] * 3
    assert names.asked == 1, "the address that was checked is the one that is called"
    (first, *_) = receiver.received
    assert (first.headers["host"], first.path) == (f"city.example:{receiver.port}", "/in?token=t")


def test_of_several_addresses_those_alone_are_called_that_may_be(receiver: Receiver) -> None:
    assert send(named(receiver), at("10.0.0.1", "127.0.0.1"))[0].taken
    assert len(receiver.received) == 1


def test_a_name_without_an_address_and_an_endpoint_that_is_away_are_told_apart() -> None:
    assert failure("http://city.example/", at()) == "webhook_name_unknown"
    assert failure("http://127.0.0.1:1/", at()) == "webhook_not_reached"


def test_plain_http_where_tls_is_spoken_is_a_fault_of_tls(receiver: Receiver) -> None:
    assert failure(f"https://city.example:{receiver.port}/", at("127.0.0.1")) == "webhook_tls_failed"


def test_a_fault_within_tls_after_the_handshake_is_a_failed_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> Reply:
        raise ssl.SSLError("decryption failed or bad record mac")  # as anyio passes it on, past httpx

    monkeypatch.setattr(Endpoint, "_send", fail)
    assert failure("https://city.example/", at("127.0.0.1")) == "webhook_tls_failed"


def test_redirects_are_answers_and_their_target_is_never_called(receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.answer = lambda _: Answer(302, {"location": inside.url})
        assert send(named(receiver), at("127.0.0.1"))[0].status == 302
        assert inside.received == []


def test_the_status_of_an_endless_answer_counts_and_the_rest_is_cut_off(receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(200, more=10_000_000)
    assert send(named(receiver), at("127.0.0.1"))[0].taken


def test_an_endpoint_that_hangs_is_left_in_time(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "ATTEMPT_SECONDS", 0.3)
    receiver.answer = lambda _: Answer(after=2)
    assert failure(named(receiver), at("127.0.0.1")) == "webhook_timed_out"


def test_the_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert send(named(receiver), at("127.0.0.1"))[0].taken
