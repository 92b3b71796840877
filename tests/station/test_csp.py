"""Content-Security-Policies, as browsers read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.csp import FALLBACKS, read_policies

PAGE = "https://site.example/blog/"
RADIO = "https://radio.example/player.js"
KINDS = st.sampled_from(sorted(FALLBACKS))
LABELS = st.text("abz-9", min_size=1, max_size=3)
HOSTS = st.lists(LABELS, min_size=1, max_size=3).map(".".join)


def allows(policy: str, kind: str = "script-src", url: str = RADIO, nonce: str = "") -> bool:
    return all(each.allows(kind, url, PAGE, nonce) for each in read_policies(policy))


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "default-src *",
        "script-src https:",
        "script-src http:",
        "script-src https://radio.example",
        "script-src RADIO.example",
        "script-src *.example",
        "script-src http://radio.example:*/",
        "script-src https://radio.example/player.js",
        "SCRIPT-SRC 'self' https://radio.example; script-src 'none'",
        "script-src 'none'; script-src-elem radio.example",
        "default-src 'none'; script-src 'self' radio.example",
        "img-src 'none'; style-src 'none'",
        "script-src 'nonce-abc' 'strict-dynamic'",
    ],
)
def test_a_policy_that_names_the_radio_lets_it_in(policy: str) -> None:
    assert allows(policy, nonce="abc")


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'none'",
        "default-src 'self'",
        "script-src",
        "script-src 'unsafe-inline' 'unsafe-eval'",
        "script-src *.radio.example",
        "script-src ftp:; default-src *",
        "script-src radio.example:8443",
        "script-src https://radio.example/other/",
        "script-src https://radio.example 'strict-dynamic'",
        "script-src *, script-src 'self'",
        "script-src radio.example'; default-src *",
    ],
)
def test_a_policy_that_does_not_keeps_it_out(policy: str) -> None:
    assert not allows(policy)


def test_a_path_that_names_only_the_loader_keeps_the_rest_out() -> None:
    policy = "script-src https://radio.example/player.js"
    assert not allows(policy, url="https://radio.example/static/face.js")


@given(kind=KINDS, host=HOSTS, port=st.none() | st.integers(1, 65_535))
def test_an_origin_that_is_named_is_let_in(kind: str, host: str, port: int | None) -> None:
    origin = f"https://{host}" + (f":{port}" if port else "")
    assert allows(f"default-src 'none'; {kind} {origin}", kind, f"{origin}/any/path?query")


@given(kind=KINDS.filter(lambda kind: kind != "frame-ancestors"), host=HOSTS)
def test_what_names_nothing_lets_nothing_in(kind: str, host: str) -> None:
    assert not allows("default-src 'none'", kind, f"https://{host}/")
    assert not allows("default-src 'self'", kind, f"https://{host}.elsewhere/")


@given(text=st.text(max_size=80), kind=KINDS)
def test_no_policy_is_too_odd_to_read(text: str, kind: str) -> None:
    allows(text, kind)


@given(text=st.text(st.sampled_from("*:/.a0'- ;,https"), max_size=40), kind=KINDS)
def test_one_policy_more_never_lets_more_in(text: str, kind: str) -> None:
    assert allows(f"{text}, {kind} 'none'", kind) is False
