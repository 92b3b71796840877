"""Settings: the environment over the file over the defaults, and faults that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.errors import SettingsError
from station.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    path = Path("station.toml").absolute()
    path.write_text(text)
    return path


def test_without_a_file_there_are_defaults() -> None:
    assert load_settings().model_dump() == Settings().model_dump()
    assert load_settings().server.port == 8000
    assert list(load_settings().stations) == ["main"]


def test_the_file_goes_over_the_defaults() -> None:
    write("[stream]\nburst_seconds = 2\n")
    assert load_settings().stream.burst_seconds == 2
    assert load_settings().stream.mp3_bitrate_kbps == 128


def test_the_environment_goes_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[server]\nport = 8001\nhost = '127.0.0.1'\n")
    monkeypatch.setenv("LATENTFM_SERVER__PORT", "8002")
    assert load_settings().server.port == 8002
    assert load_settings().server.host == "127.0.0.1"


def test_a_named_file_must_exist() -> None:
    with pytest.raises(SettingsError, match="no settings file at nowhere"):
        load_settings(Path("nowhere.toml"))


def test_a_file_that_is_not_toml_is_named() -> None:
    with pytest.raises(SettingsError, match="is not TOML"):
        load_settings(write("[server\n"))


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("[server]\nprot = 1\n", "server.prot", "port"),
        ("[sream]\nburst_seconds = 1\n", "sream", "stream"),
        ("[stations.main]\ntimezon = 'UTC'\n", "stations.main.timezon", "timezone"),
        (
            "[[stations.main.shows]]\nname = 'x'\nstarts = 07:00:00\ntempo = [1, 2]\n",
            "stations.main.shows.0.tempo",
            "tempo_qpm",
        ),
    ],
)
def test_an_unknown_key_is_told_the_nearest(text: str, key: str, nearest: str) -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings(write(text))
    assert f"unknown key {key}. Did you mean {nearest}?" in str(fault.value)


def test_a_key_like_no_other_is_told_them_all() -> None:
    with pytest.raises(SettingsError, match=r"Known here: access_log, .*, port"):
        load_settings(write("[server]\nxyzzy = 1\n"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[server]\nport = 'loud'\n", "server.port"),
        ("[stream]\nmp3_bitrate_kbps = 9000\n", "stream.mp3_bitrate_kbps"),
        ("[stations.main]\ntimezone = 'Mars/Olympus'\n", "stations.main.timezone"),
        ("[stations.main]\nshows = []\n", "stations.main.shows"),
        ("[stations.'No Spaces']\n", "stations.No Spaces"),
        (
            "[[stations.main.shows]]\nname = 'x'\nstarts = 07:00:00\nforms = ['XYZ']\n",
            "stations.main.shows.0.forms.0",
        ),
    ],
)
def test_a_bad_value_names_its_key(text: str, key: str) -> None:
    with pytest.raises(SettingsError) as fault:
        load_settings(write(text))
    assert key in str(fault.value)


def test_a_bad_variable_names_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENTFM_SERVER__PORT", "loud")
    with pytest.raises(SettingsError, match=r"server\.port"):
        load_settings()


def test_a_variable_of_no_section_is_told_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENTFM_SEVER__PORT", "8002")
    with pytest.raises(SettingsError, match=r"LATENTFM_SEVER__PORT\. Did you mean LATENTFM_SERVER"):
        load_settings()


def test_several_stations_keep_their_order() -> None:
    settings = load_settings(write("[stations.jazz]\n[stations.ambient]\ntitle = 'Slow'\n"))
    assert list(settings.stations) == ["jazz", "ambient"]
    assert settings.stations["ambient"].title == "Slow"


def test_the_example_file_has_shows_of_different_moods() -> None:
    settings = load_settings(ROOT / "station.example.toml")
    shows = next(iter(settings.stations.values())).shows
    assert len(shows) >= 2
    assert len({(show.tempo_qpm, show.melody) for show in shows}) == len(shows)


@pytest.mark.parametrize(("written", "read"), [("auto", "auto"), ("1", 1), ("512", 512)])
def test_candidates_are_counted_or_left_to_the_station(
    written: str, read: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTFM_GENERATOR__CANDIDATES", written)
    assert load_settings().generator.candidates == read


@pytest.mark.parametrize("value", ["0", "513", "true", "1.5", "'many'"])
def test_a_useless_number_of_candidates_says_what_to_write(value: str) -> None:
    with pytest.raises(SettingsError, match=r'candidates = .*write "auto", or a whole number'):
        load_settings(write(f"[generator]\ncandidates = {value}\n"))
