"""A broadcast to play again: a station's own synthesis with its log, and what was heard of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import numpy as np

from generators.music import Piece
from renderer.formats import Format
from renderer.pcm import SAMPLE_RATE_HZ, Packet, Start
from renderer.synth import Synth
from station.cues import OFF_AIR, SOUND, off_air_detail, sound_detail
from station.synthesis import Synthesis
from storage.database import Database
from storage.records import AiredPiece, Airing, Broadcast, Record, StationEvent
from storage.writing import store
from tests.fonts import FONT
from tests.pieces import make_piece

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
BLOCK_FRAMES = SAMPLE_RATE_HZ // 2
PIECES = [make_piece(seed=seed, bars=2, tempo_qpm=101.0 + seed) for seed in range(8)]


class Tape:
    """An encoder that keeps what it is given."""

    def __init__(self, bitrate_kbps: int, start_position: int) -> None:
        self.start_position = start_position
        self.blocks: list[np.ndarray] = []

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        self.blocks.append(samples)
        return []

    def close(self) -> list[Packet]:
        return []


@dataclass
class OnAir:
    """What was heard and logged."""

    began: datetime
    records: list[Record] = field(default_factory=list)
    sound: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.float32))
    first: int = 0  # position of the first frame of the sound

    def heard(self, utc: datetime, seconds: float) -> np.ndarray:
        begin = round((utc - self.began).total_seconds() * SAMPLE_RATE_HZ) - self.first
        return self.sound[begin : begin + round(seconds * SAMPLE_RATE_HZ)]

    @property
    def airings(self) -> list[Airing]:
        return [each.airing for each in self.records if isinstance(each, AiredPiece)]

    def utc(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds)


def go_on_air(
    seconds: float,
    pieces: Iterable[Piece] = PIECES,
    *,
    began: datetime = BEGAN,
    broadcast: str = "b1",
    acts: Iterable[tuple[float, Callable[[Synthesis], object]]] = (),
) -> OnAir:
    """So much of a broadcast in the plain balance; `acts` are done at their seconds."""
    on_air, tape = OnAir(began), Tape(0, 0)
    mount = {"tape": (Format("tape", "", "", lambda kbps, at: tape_at(tape, at), (96,)), 96)}
    synthesis = Synthesis(lambda: Synth(FONT), chain(pieces, PIECES).__iter__().__next__, mount)
    on_air.records.append(Broadcast(broadcast, "main", began))
    waiting, blocks = sorted(acts, key=lambda act: act[0]), round(2 * seconds)
    for number in range(blocks):
        while waiting and waiting[0][0] <= number / 2:
            waiting.pop(0)[1](synthesis)
        block = synthesis.block(BLOCK_FRAMES, fade_out=number == blocks - 1)
        now, position = on_air.utc(number / 2), synthesis.player.position
        for start in block.starts:
            aired_at = on_air.utc(start.position / SAMPLE_RATE_HZ)
            airing = Airing(broadcast, "main", start.position, start.piece.id, aired_at)
            detail = sound_detail(airing, False, position, synthesis.level)
            on_air.records.append(AiredPiece(airing, start.piece))
            on_air.records.append(StationEvent("main", now, SOUND, detail))
    ended = off_air_detail(broadcast, blocks * BLOCK_FRAMES)
    on_air.records.append(StationEvent("main", on_air.utc(seconds), OFF_AIR, ended))
    synthesis.close()
    on_air.sound, on_air.first = np.concatenate(tape.blocks), tape.start_position
    return on_air


def tape_at(tape: Tape, start_position: int) -> Tape:
    tape.start_position = start_position
    return tape


def cut_at_the_next_bar(synthesis: Synthesis) -> None:
    assert synthesis.player.cut(synthesis.player.bar_lines()[0])


def skip(synthesis: Synthesis) -> None:
    synthesis.player.skip()


def logged(folder: Path, *broadcasts: OnAir) -> Database:
    database = Database.open(f"sqlite:///{folder}/log.db")
    with database.writing() as connection:
        for on_air in broadcasts:
            for record in on_air.records:
                store(connection, record)
    return database
