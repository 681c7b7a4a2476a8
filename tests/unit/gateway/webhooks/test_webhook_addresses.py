"""The addresses that webhooks lead to: public ones, and the operator's networks alone."""

import re
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.endpoint_addresses import (
    URL_PATTERN,
    AddressRefusedError,
    check_address,
    check_target,
    read_networks,
    read_target,
)

CITY = read_networks("10.20.0.0/16, fd00:12::/32")
INSIDE = [
    "127.0.0.1", "0.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:53aa:64c:0:0:0:1", "2001:db8::1",
    "fec0::1", "64:ff9b:1::a00:1", "64:ff9b:1:a00:0:100:808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_webhook_leads_to_an_address_that_is_not_public(address: str) -> None:
    with pytest.raises(AddressRefusedError, match="webhook_address_private"):
        check_address(read_target("https://platform.example/"), ip_address(address), ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_webhook_leads_to_a_public_address_by_https_alone(address: str) -> None:
    check_address(read_target("https://platform.example/"), ip_address(address), ())
    with pytest.raises(AddressRefusedError, match="webhook_https_needed"):
        check_address(read_target("http://platform.example/"), ip_address(address), CITY)


def test_networks_that_the_operator_names_are_reached_also_by_plain_http() -> None:
    for url in ("http://city.example/", "https://city.example/"):
        check_address(read_target(url), ip_address("10.20.3.4"), CITY)
        check_address(read_target(url), ip_address("fd00:12::1"), CITY)
        check_address(read_target(url), ip_address("::ffff:10.20.3.4"), CITY)
        with pytest.raises(AddressRefusedError):
            check_address(read_target(url), ip_address("10.21.3.4"), CITY)


def test_an_address_in_place_of_a_name_is_refused_at_once() -> None:
    for url in ("https://127.0.0.1/", "https://[::1]:8443/x", "http://169.254.169.254/latest/meta-data"):
        with pytest.raises(AddressRefusedError):
            check_target(read_target(url), ())
    with pytest.raises(AddressRefusedError, match="webhook_https_needed"):
        check_target(read_target("http://city.example/"), ())
    check_target(read_target("http://city.example/"), CITY)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://platform.example/", "https://user@platform.example/", "https://user:word@platform.example/",
        "https://platform.example/#part", "https://", "https:///x", "https://a b/", "https://platform.example/\r\nX: y",
        "//platform.example/", "https://platform.example\\@127.0.0.1/", "https://platform.example:99999999/",
    ],
)  # fmt: skip
def test_no_other_form_of_url_is_taken(url: str) -> None:
    assert not re.fullmatch(URL_PATTERN, url)


def test_the_parts_of_a_url_are_those_of_the_request() -> None:
    target = read_target("https://platform.example:8443/in?token=abc")
    assert (target.host_header, target.path) == ("platform.example:8443", "/in?token=abc")
    assert target.at(ip_address("2606:4700::1")) == "https://[2606:4700::1]:8443/in?token=abc"
    assert target.shown == "https://platform.example:8443", "a log has no query: it may be a secret"
    assert read_target("https://platform.example").path == "/"


@given(st.from_regex(URL_PATTERN, fullmatch=True))
def test_every_url_of_the_described_form_is_read_or_refused(url: str) -> None:
    try:
        target = read_target(url)
    except AddressRefusedError:
        return
    assert target.scheme in {"http", "https"}
    assert 0 < target.port < 65536


@pytest.mark.parametrize("text", ["10.20.0.0/33", "city", "10.20.1.1/16", ",".join(["10.0.0.0/8"] * 101)])
def test_a_bad_list_of_networks_ends_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="networks"):
        read_networks(text)
