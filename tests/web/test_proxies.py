"""Whom a request is from, and what we are called there, behind reverse proxies."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from station.programme import Programme
from web.keys import PROGRAMME
from web.proxies import client_of, origin, read_address

TRUSTED = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
OUR_PROXY = ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ([], "127.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7", "10.1.2.3"], "203.0.113.7"),  # two proxies in a row
        (["2001:db8::7", "fd00::1"], "2001:db8::7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),  # the left one is the client's claim
        (["10.9.9.9", "10.1.2.3"], "10.9.9.9"),  # a listener in the house
        (["203.0.113.7", "unknown", "10.1.2.3"], "10.1.2.3"),
        (["", " "], "127.0.0.1"),
    ],
)
def test_the_client_is_the_rightmost_address_we_do_not_trust(
    forwarded_for: list[str], client: str
) -> None:
    assert str(origin(OUR_PROXY, forwarded_for, TRUSTED)) == client


def test_a_stranger_cannot_pass_for_another() -> None:
    stranger = ip_address("203.0.113.7")
    assert origin(stranger, ["198.51.100.1"], TRUSTED) == stranger


@given(st.lists(st.one_of(st.text(max_size=9), st.ip_addresses().map(str)), max_size=4))
def test_what_a_client_claims_changes_nothing(claimed: list[str]) -> None:
    client = origin(OUR_PROXY, [*claimed, "203.0.113.7"], TRUSTED)
    assert str(client) == "203.0.113.7"


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_an_address_is_read_with_a_port_as_without(address: Any, port: int) -> None:
    bare = read_address(str(address))
    host = f"[{address}]" if address.version == 6 else str(address)
    assert read_address(f" {host}:{port} ") == bare is not None


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "[::1", "::g"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert read_address(text) is None


def test_an_ipv4_client_of_an_ipv6_socket_is_an_ipv4_client() -> None:
    assert str(read_address("::ffff:203.0.113.7")) == "203.0.113.7"


def _asked(trusted: tuple[Any, ...]) -> TestClient[web.Request, web.Application]:
    """A server that answers with what it knows of its client."""

    async def who(request: web.Request) -> web.Response:
        client = client_of(request)
        return web.Response(text=f"{client.address} {client.base_url}")

    settings = SimpleNamespace(server=SimpleNamespace(trusted_proxies=trusted))
    app = web.Application()
    app[PROGRAMME] = cast(Programme, SimpleNamespace(settings=settings))
    app.router.add_get("/", who)
    return TestClient(TestServer(app))


BEHIND_TLS = {
    "Host": "radio.example:8443",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
}


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        (BEHIND_TLS, "203.0.113.7 https://radio.example:8443"),
        (BEHIND_TLS | {"X-Forwarded-Host": "fm.example"}, "203.0.113.7 https://fm.example"),
        (BEHIND_TLS | {"X-Forwarded-Host": "[fd00::1]:80"}, "203.0.113.7 https://[fd00::1]:80"),
        (BEHIND_TLS | {"X-Forwarded-Host": "a/b"}, "203.0.113.7 https://radio.example:8443"),
        (BEHIND_TLS | {"X-Forwarded-Proto": "wss"}, "203.0.113.7 http://radio.example:8443"),
        (
            BEHIND_TLS | {"X-Forwarded-Proto": "HTTPS, http"},
            "203.0.113.7 https://radio.example:8443",
        ),
    ],
)
async def test_a_proxy_we_trust_is_believed(headers: dict[str, str], answer: str) -> None:
    async with _asked(TRUSTED) as client, client.get("/", headers=headers) as told:
        assert await told.text() == answer


async def test_nobody_else_is_believed() -> None:
    async with _asked(()) as client, client.get("/", headers=BEHIND_TLS) as told:
        assert await told.text() == "127.0.0.1 http://radio.example:8443"


@pytest.mark.parametrize("line", ["", "Host: \r\n", "Host: <script>\r\n"])
async def test_without_a_name_it_is_the_sockets_own_address(line: str) -> None:
    async with _asked(TRUSTED) as client:
        port = client.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET / HTTP/1.0\r\n{line}\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.decode().endswith(f"\r\n127.0.0.1 http://127.0.0.1:{port}")
