"""How many bytes our player costs somebody else's page, as they go over the network."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from web.assets import find_asset

KB = 1024
STATIC_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];""", re.MULTILINE)
DYNAMIC_IMPORT = re.compile(r"""\bimport\(["'](\.[^"']+)["']\)""")
FETCHED = re.compile(r"""new URL\("([^"]+\.css)", import\.meta\.url\)""")


def text_of(name: str) -> str:
    found = find_asset(name)
    assert found is not None, f"{name} is not there"
    return found.body.decode()


def needs(name: str, *patterns: re.Pattern[str]) -> set[str]:
    """What a file asks for, as names below `static/`."""
    folder = PurePosixPath(name).parent
    found = {each for pattern in patterns for each in pattern.findall(text_of(name))}
    return {str(folder / each).removeprefix("./") for each in found if not each.startswith("../")}


def loaded_with(*names: str) -> set[str]:
    """All files that the browser fetches once it asked for these."""
    there: set[str] = set()
    todo = set(names)
    while todo:
        name = todo.pop()
        there.add(name)
        if name.endswith("js"):
            todo |= needs(name, STATIC_IMPORT, FETCHED) - there
    return there


def weights(names: set[str]) -> dict[str, int]:
    """Bytes as they are sent, the heaviest first."""
    found = {name: find_asset(name) for name in names}
    sent = {name: len(each.pressed or each.body) for name, each in found.items() if each}
    assert sent.keys() == names
    return dict(sorted(sent.items(), key=lambda item: -item[1]))


def test_the_loader_weighs_at_most_2_kb() -> None:
    sent = weights(loaded_with("loader.js"))
    assert sum(sent.values()) <= 2 * KB, sent


def test_the_whole_player_weighs_at_most_15_kb() -> None:
    sent = weights(loaded_with("loader.js", "face.js"))
    assert {"player.js", "api.js", "face.css"} <= sent.keys()
    assert sum(sent.values()) <= 15 * KB, sent


def test_the_roll_weighs_at_most_12_kb_more() -> None:
    more = loaded_with("face-roll.js") - loaded_with("loader.js", "face.js")
    sent = weights(more)
    assert "roll.js" in sent
    assert sum(sent.values()) <= 12 * KB, sent


def test_what_not_every_player_shows_is_asked_for_only_then() -> None:
    at_once = loaded_with("loader.js", "face.js")
    later = {each for name in at_once for each in needs(name, DYNAMIC_IMPORT)}
    assert {"face-roll.js", "record.js", "hls.js"} <= later
    assert not at_once & later
    assert not any("vendor" in name for name in at_once)
