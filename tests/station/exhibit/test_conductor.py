from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.music import PARTS, Piece, Trio
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.synth import BLOCK_FRAMES
from station.exhibit import conductor
from station.exhibit.conductor import LEAD_SECONDS, STALLED_SECONDS, WAITING_BLOCKS, Conductor
from station.exhibit.moments import (
    BarBegins,
    Beat,
    KeyDown,
    KeyUp,
    Moment,
    PieceBegins,
    Pulse,
    Rest,
)
from tests.pieces import make_piece
from tests.station.exhibit.playing import FRAMES, Playing
from tests.station.fakes import FakeTime


def loosely(piece: Piece) -> Piece:
    """Each note struck up to half a step off."""
    dice = random.Random(piece.seed)
    melody, bass, drums = (
        tuple(
            replace(note, offset_ticks=dice.randint(-60, 60)) for note in getattr(piece.trio, part)
        )
        for part in PARTS
    )
    return replace(piece, trio=Trio(melody, bass, drums, piece.trio.steps))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 99), st.floats(50, 240), st.integers(0, 9), st.data())
def test_every_note_that_is_told_sounds_then(
    seed: int, tempo_qpm: float, cut_before: int, data: st.DataObject
) -> None:
    many = [make_piece(seed=seed + each, bars=2, tempo_qpm=tempo_qpm) for each in range(2)]
    playing = Playing([loosely(piece) for piece in many])

    def cut(block: int) -> None:
        if block == cut_before and (lines := playing.player.bar_lines()):
            assert playing.player.cut(data.draw(st.sampled_from(lines)))

    playing.blocks(12, cut)
    end = playing.player.position - BLOCK_FRAMES  # the synth takes a key on its next block
    told = [(-(-frame // BLOCK_FRAMES) * BLOCK_FRAMES, *key) for frame, *key in playing.downs]
    struck = playing.synth.struck
    assert sorted(note for note in told if note[0] < end) == sorted(
        note for note in struck if note[0] < end
    )


def test_a_note_behind_a_cut_is_not_told_though_struck_before_it() -> None:
    piece = make_piece(bars=4)
    early = tuple(
        replace(note, offset_ticks=-60) if note.start == 16 else note for note in piece.trio.drums
    )
    playing = Playing([replace(piece, trio=replace(piece.trio, drums=early))])
    line = 2 * SAMPLE_RATE_HZ
    playing.blocks(5, lambda block: block == 1 and playing.player.cut(line))
    assert not [note for note in playing.downs if line - 3000 <= note[0] < line]


def test_a_skip_lets_go_of_all_keys_before_the_next_piece_begins() -> None:
    playing = Playing([make_piece(seed=1), make_piece(seed=2)])
    playing.blocks(3)
    playing.player.skip()
    playing.blocks(3)
    starts = [at for at, moment in playing.told if isinstance(moment, PieceBegins)]
    assert starts == [0, 3 * FRAMES]
    down: set[tuple[str, int]] = set()
    for _, moment in playing.told:
        if isinstance(moment, KeyDown):
            down.add((moment.part, moment.pitch))
        elif isinstance(moment, KeyUp):
            down.remove((moment.part, moment.pitch))
        elif isinstance(moment, PieceBegins):
            assert not down


def test_a_bar_has_four_beats_of_24_pulses() -> None:
    playing = Playing([make_piece(bars=2)])
    playing.blocks(8)  # 4 s at 120: two bars
    kinds = [moment for _, moment in playing.told]
    assert [m.number for m in kinds if isinstance(m, BarBegins)] == [1, 2]
    beats = [(m.bar, m.number) for m in kinds if isinstance(m, Beat)]
    assert beats == [(bar, beat) for bar in (1, 2) for beat in (1, 2, 3, 4)]
    pulses = [(at, m.number) for at, m in playing.told if isinstance(m, Pulse)]
    assert pulses == [(number * 1000, number) for number in range(192)]


def test_pulses_follow_a_tempo_that_glides() -> None:
    playing = Playing([replace(make_piece(bars=2), tempo_qpm=60.0, tempo_end_qpm=120.0)])
    playing.blocks(11)
    at = [position for position, moment in playing.told if isinstance(moment, Pulse)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert gaps[0] == pytest.approx(2000, rel=0.01)
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(gaps))


def test_a_piece_that_a_failing_synth_holds_up_is_told_later() -> None:
    playing = Playing([make_piece()])
    playing.blocks(1)
    playing.blocks(1, lambda block: playing.player.silence(FRAMES))
    assert [at for at, m in playing.told if isinstance(m, Beat)] == [0, 2 * FRAMES]


class Stand:
    """A conductor with somebody who plays along, in time that a test lets pass."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.on_air_at = 0.0  # position 0
        self.told: list[tuple[float, float, Moment]] = []  # when, when due, what
        self.conductor = Conductor(self.heard_at, now=self.time.now)
        self.conductor.tell(self.play)
        self.playing = Playing([make_piece(bars=4)])

    def heard_at(self, position: int) -> float:
        return self.on_air_at + position / SAMPLE_RATE_HZ

    def play(self, due: float, moments: Sequence[Moment]) -> None:
        self.told += [(self.time.now(), due, moment) for moment in moments]

    def next_block(self, until: float) -> None:
        """A block is made; time passes until then."""
        wait = self.conductor.step(self.playing.passage())
        while wait is not None and self.time.now() + wait < until:
            self.time.advance(wait)
            wait = self.conductor.step()
        self.time.seconds = until


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_everything_is_told_a_little_ahead_with_the_time_it_is_due(stand: Stand) -> None:
    stand.on_air_at = 0.4
    for block in range(4):
        stand.next_block(0.5 * (block + 1))
    beats = [(now, due) for now, due, moment in stand.told if isinstance(moment, Beat)]
    assert [due for _, due in beats] == pytest.approx([0.4, 0.9, 1.4, 1.9])
    assert [due - now for now, due in beats] == pytest.approx([LEAD_SECONDS] * 4)


def test_notes_of_a_late_block_are_left_out_but_not_its_piece(stand: Stand) -> None:
    stand.time.seconds = 0.3
    stand.next_block(0.3)
    kinds = {type(moment) for _, _, moment in stand.told}
    assert PieceBegins in kinds
    assert not [due for _, due, moment in stand.told if isinstance(moment, KeyDown) and due < 0.2]


def test_when_the_clock_starts_again_what_waits_is_told_by_the_new_time(stand: Stand) -> None:
    stand.on_air_at = 0.4
    stand.next_block(0.1)
    stand.on_air_at = stand.time.seconds = 10.0
    stand.conductor.step()
    assert [due for _, due, moment in stand.told if isinstance(moment, Beat)] == [10.0]


def test_a_station_that_stalls_lets_go_of_everything_once(stand: Stand) -> None:
    stand.next_block(0.5 + STALLED_SECONDS + 0.01)
    stand.conductor.step()
    stand.conductor.step()
    assert [due for _, due, m in stand.told if isinstance(m, Rest)] == [0.5 + STALLED_SECONDS]


def test_one_who_fails_takes_nobody_along(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    def fail(due: float, moments: Sequence[Moment]) -> None:
        raise OSError("the cable is out")

    conductor = Conductor(stand.heard_at, now=stand.time.now)
    conductor.tell(fail)
    conductor.tell(stand.play)
    stand.conductor = conductor
    stand.next_block(0.5)
    assert [m for _, _, m in stand.told if isinstance(m, Beat)]
    assert len(caplog.records) == 1


def test_whoever_is_told_by_a_thread_is_told_to_rest_at_the_end(stand: Stand) -> None:
    stand.conductor.start()
    stand.conductor.hear(stand.playing.passage())
    stand.conductor.close()
    assert isinstance(stand.told[-1][2], Rest)


def test_one_who_hangs_keeps_nobody_from_closing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conductor, "CLOSE_SECONDS", 0.05)
    is_free = threading.Event()

    def hang(due: float, moments: Sequence[Moment]) -> None:
        is_free.wait()

    stand.conductor.tell(hang)
    stand.conductor.start()
    passage = stand.playing.passage()
    for _ in range(WAITING_BLOCKS + 2):
        stand.conductor.hear(passage)
    stand.conductor.close()  # comes back
    is_free.set()


def test_a_reader_that_hangs_costs_the_synth_thread_nothing(stand: Stand) -> None:
    passage = stand.playing.passage()
    for _ in range(200):  # nobody reads: a minute and a half
        stand.conductor.hear(passage)
