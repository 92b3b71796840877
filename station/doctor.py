"""`latentfm doctor`: is this machine fit to go on air, and if not, what to do."""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from generators.cast import open_cast
from generators.errors import GeneratorError
from generators.weights import SHIPPED_MODEL
from renderer.errors import RenderError
from renderer.fonts import try_font
from renderer.soundfont import find_soundfont
from station.errors import MidiError, StationError
from station.exhibit.exhibit import hours_of
from station.exhibit.naming import named
from station.exhibit.osc_space import split_address
from station.exhibit.sound_card import CardFault, sound_cards
from station.fonts import lacking, open_fonts, shows_of
from station.programme import database_url
from station.settings import Settings
from storage.database import Database
from storage.errors import StorageError

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1_000_000_000
EPOCH_OF_RELEASE = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before this was never set
CLOCK_TEST_SECONDS = 0.2

Check = Callable[[Settings], str]


class Unfit(Exception):
    """Something is not as it should be. The message says what to do."""


def doctor(arguments: argparse.Namespace) -> int:
    """Every check, one line each; exit status 1 if one failed."""
    failed = 0
    for name, check in CHECKS:
        try:
            print(f"ok    {name}: {check(arguments.settings)}")
        except (Unfit, GeneratorError, RenderError, StationError, StorageError, OSError) as error:
            failed += 1
            print(f"FAIL  {name}: {error}")
    print("fit to go on air" if not failed else f"{failed} to put right", flush=True)
    return 1 if failed else 0


def _python(_: Settings) -> str:
    if sys.version_info < LEAST_PYTHON:
        raise Unfit(f"{platform.python_version()} is too old: install Python 3.11 or newer")
    return platform.python_version()


def _soundfont(settings: Settings) -> str:
    font = find_soundfont(settings.renderer.soundfont)
    return f"{font.name} ({font.path})"


def _fluidsynth(settings: Settings) -> str:
    try_font(find_soundfont(settings.renderer.soundfont).path)
    return "plays"


def _library(settings: Settings) -> str:
    fonts, faults = open_fonts(settings)
    if faults:
        raise Unfit(f"{'; '.join(faults)}. Until then {fonts.own.name} plays in its place")
    return ", ".join(fonts.named) or "empty; the station's own font plays everything"


def _palettes(settings: Settings) -> str:
    fonts, _ = open_fonts(settings)
    gaps = []
    for show in shows_of(settings):
        font = fonts.font(show.soundfont)
        if missing := lacking(show, font):
            gaps.append(f"{show.name} lacks {', '.join(missing)} in {font.name}")
    if gaps:  # no fault: the show goes on
        return f"{'; '.join(gaps)}: others play in their place"
    return "the shows' instruments are all there"


def _weights(settings: Settings) -> str:
    generator = settings.generator
    cast = open_cast(generator.model or SHIPPED_MODEL, generator.partners)
    return f"{cast.name}, sha256 {cast.sha256[:12]}…"


def _gpu(_: Settings) -> str:
    from generators.sampler import best_device, fast_dtype

    device = best_device()
    kind = str(fast_dtype(device)).removeprefix("torch.")
    found = "found" if device.type != "cpu" else "none; the CPU is fast enough"
    return f"{found} (decoding on {device} in {kind})"


def _database(settings: Settings) -> str:
    database = Database.open(database_url(settings))
    try:
        database.check()
    finally:
        database.close()
    return f"{database.name} is sound"


def _port(settings: Settings) -> str:
    host, port = settings.server.host, settings.server.port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unfit(
                f"{port} on {host}: {error.strerror}. If this station is on air already, that is "
                "why; else stop the other program or set [server] port in station.toml"
            ) from error
    return f"{port} is free"


def _disk(settings: Settings) -> str:
    folder: Path = settings.storage.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise Unfit(
            f"only {free / 1e6:.0f} MB free in {folder}: make room, or move [storage] folder"
        )
    return f"{free / 1e9:.0f} GB free in {folder}"


def _clock(_: Settings) -> str:
    now = datetime.now(UTC)
    if now < EPOCH_OF_RELEASE:
        raise Unfit(f"it says {now:%Y-%m-%d}: set it, or the log will be wrong (timedatectl)")
    wall, steady = time.time(), time.monotonic()
    time.sleep(CLOCK_TEST_SECONDS)
    drift = abs((time.time() - wall) - (time.monotonic() - steady))
    if drift > CLOCK_TEST_SECONDS / 10:
        raise Unfit("the wall clock jumps while we look: is time being set just now?")
    return f"{now:%Y-%m-%d %H:%M:%S}Z"


def _hours(settings: Settings) -> str:
    span = hours_of(settings).span(datetime.now(UTC))
    state, change = ("open", "closes") if span.open else ("closed", "opens")
    when = f"{span.ends:%Y-%m-%d %H:%MZ}" if span.ends else "never"
    return f"{state} now, {change}: {when}"


def _sound_card(settings: Settings) -> str:
    device = settings.exhibit.audio_device
    try:
        names = asyncio.run(sound_cards())
    except CardFault as error:
        if device is None:
            return f"none asked for ({error})"
        raise
    if device is None:
        return f"none asked for; there are: {', '.join(names) or 'none'}"
    found = named(device, names)
    others = ", ".join(name for name in names if name != found) or "none"
    if found is None:
        raise Unfit(
            f"[exhibit] audio_device = {device!r} is not there (now); there are: {others}. The "
            "station goes on air without, and plays on it as soon as it is plugged in"
        )
    return f"{found}; others there are: {others}"


def _osc(settings: Settings) -> str:
    if not (address := settings.exhibit.osc.listen):
        return "nobody is listened to"
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except (OSError, UnicodeError) as error:
            raise Unfit(
                f"{address}: {error}. If this station is on air already, that is why; else set "
                "[exhibit.osc] listen to another one"
            ) from error
    return f"{address} is free"


def _midi(settings: Settings) -> str:
    from station.exhibit.midi_port import output_names  # few machines need what is below it

    wanted = settings.exhibit.midi.port
    try:
        names = output_names()
    except MidiError as error:
        if wanted is None:
            return "none asked for"
        raise Unfit(str(error)) from error
    there = ", ".join(names) or "none"
    if wanted is None:
        return f"none asked for; there are: {there}"
    if found := named(wanted, names):
        return f"{found}; there are: {there}"
    raise Unfit(
        f"[exhibit.midi] port = {wanted!r} is not there (now); there are: {there}. The station "
        "plays on it as soon as it is plugged in"
    )


def _ffmpeg(_: Settings) -> str:
    if shutil.which("ffmpeg") is None:
        return "not installed: fine on air, but downloads as MP3 need it (apt-get install ffmpeg)"
    return "installed"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python", _python),
    ("sound font", _soundfont),
    ("FluidSynth", _fluidsynth),
    ("sound-font library", _library),
    ("palettes", _palettes),
    ("weights", _weights),
    ("GPU", _gpu),
    ("database", _database),
    ("port", _port),
    ("disk", _disk),
    ("clock", _clock),
    ("ffmpeg", _ffmpeg),
    ("opening hours", _hours),
    ("sound card", _sound_card),
    ("OSC", _osc),
    ("MIDI", _midi),
)
