"""How true OSC and MIDI are to what is on air, in ms.

    python -m bench.wires [--minutes 1]

A station in this process plays patterns. OSC goes to a process of its own, MIDI into an ear. The
time tag of a note is when it is due: OSC is early by so much, MIDI late. Prints medians and the
worst; the first seconds, in which instruments are measured, do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import mido
from pythonosc.osc_bundle import OscBundle

from bench import midi_ear
from generators.music import PARTS
from station.exhibit_settings import ExhibitSettings, MidiSettings, OscSettings
from station.programme import Programme
from station.settings import GeneratorSettings, Settings, StorageSettings

SILENT_SECONDS = 15.0  # then there is no more to hear
SETTLING_SECONDS = 20.0

Note = tuple[str, int, int]  # part, pitch, velocity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    wanted = parser.parse_args()
    logging.disable(logging.ERROR)  # that there is no model, for one
    mido.set_backend("bench.midi_ear")
    mine, its = multiprocessing.Pipe()
    lamp = multiprocessing.get_context("spawn").Process(target=shine, args=(its,))
    lamp.start()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(on_air(mine.recv(), Path(folder), wanted.minutes * 60))
    told: list[tuple[float, float, Note]] = mine.recv()
    lamp.join()
    began = midi_ear.heard[0][0]
    report("OSC, before it is due", [due - came for came, due, _ in told if due > began])
    report("MIDI notes, after", midi_late([(due, note) for _, due, note in told]))
    report("MIDI clocks, off a steady beat", clocks_off())


def shine(pipe: Connection) -> None:
    """Keep each note's arrival and time tag, both in seconds of the monotonic clock."""
    ear = socket.socket(type=socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.settimeout(120.0)
    pipe.send(ear.getsockname()[1])
    told: list[tuple[float, float, Note]] = []
    try:
        while True:
            datagram = ear.recv(9000)
            came, offset = time.monotonic(), time.monotonic() - time.time()
            bundle = OscBundle(datagram)
            for message in bundle:
                if "/note/" in message.address:
                    part = message.address.rpartition("/")[2]
                    told.append((came, bundle.timestamp + offset, (part, *message.params[:2])))
                    ear.settimeout(SILENT_SECONDS)
    except TimeoutError:
        pipe.send(told)


async def on_air(port: int, folder: Path, seconds: float) -> None:
    exhibit = ExhibitSettings(
        osc=OscSettings(send=(f"127.0.0.1:{port}",)), midi=MidiSettings(port=midi_ear.NAME)
    )
    settings = Settings(
        storage=StorageSettings(folder=folder),
        generator=GeneratorSettings(model=Path("/nonexistent")),
        exhibit=exhibit,
    )
    async with Programme(settings).on_the_air():
        await asyncio.sleep(SETTLING_SECONDS)
        midi_ear.heard.clear()
        await asyncio.sleep(seconds)


def midi_late(told: Sequence[tuple[float, Note]]) -> list[float]:
    """Each note that came over both: how much later than due MIDI had it."""
    channels = dict(zip(PARTS, MidiSettings().channels, strict=True))
    due: dict[tuple[int, int], list[float]] = {}
    for at, (part, pitch, _) in told:
        due.setdefault((channels[part] - 1, pitch), []).append(at)
    late = []
    for came, message in midi_ear.heard:
        if message.type == "note_on":
            candidates = due.get((message.channel, message.note), [])
            if candidates:
                nearest = min(candidates, key=lambda at: abs(at - came))
                late.append(came - nearest)
    return late


def clocks_off() -> list[float]:
    """Each clock, from half-way between those before and after it."""
    at = [came for came, message in midi_ear.heard if message.type == "clock"]
    return [b - (a + c) / 2 for a, b, c in zip(at, at[1:], at[2:], strict=False)]


def report(what: str, seconds: Sequence[float]) -> None:
    ms = sorted(each * 1000 for each in seconds)
    if not ms:
        print(f"{what}: nothing came")
        return
    high, low = ms[round(0.99 * (len(ms) - 1))], ms[round(0.01 * (len(ms) - 1))]
    print(
        f"{what}: {len(ms)} of them, median {median(ms):.2f} ms, "
        f"1 % below {low:.2f}, 1 % above {high:.2f}, {ms[0]:.2f} to {ms[-1]:.2f}"
    )


if __name__ == "__main__":
    main()
