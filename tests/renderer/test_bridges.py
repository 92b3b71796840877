"""What is heard when one set of instruments hands over to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, pairwise, repeat
from pathlib import Path

import numpy as np
import pytest

from generators.music import Instruments, Piece
from renderer.balance import Balance
from renderer.player import Player
from renderer.score import frames_of
from renderer.synth import BLOCK_FRAMES, Synth
from tests.fonts import FONT
from tests.renderer.conftest import piece
from tests.renderer.ears import EVEN, Attentive, beats, chord, envelope_db, even, onsets, roughness

OLD, NEW = Instruments(19, 33, 0), Instruments(48, 33, 0)


def play(synth: Synth, pieces: Iterable[Piece], frames: int) -> np.ndarray:
    return Player(synth, chain(pieces, repeat(piece())).__next__, even).render(frames).samples


def joined(old: Piece, bridge: Piece, new: Piece) -> list[Piece]:
    return [
        replace(old, instruments=OLD),
        replace(bridge, leaving=OLD, instruments=NEW),
        replace(new, instruments=NEW),
    ]


def test_the_old_instruments_leave_while_the_new_ones_enter(synth: Synth) -> None:
    bridge, old, new = (
        chord(0, instruments=instruments, leaving=leaving)
        for instruments, leaving in ((NEW, OLD), (OLD, None), (NEW, None))
    )
    both, first, last = (_alone(each) for each in (bridge, old, new))
    edge = 24_000
    assert _likeness(both[edge : 2 * edge], first[edge : 2 * edge]) > 0.9
    assert _likeness(both[-edge:], last[-edge:]) > 0.9
    assert _likeness(both[-edge:], first[-edge:]) < 0.5


def _alone(of: Piece) -> np.ndarray:
    synth = Synth(FONT)
    sound = play(synth, [of], frames_of(of))
    synth.close()
    return sound


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Of their spectra, 0..1."""
    a, b = (np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound)))) for sound in (one, other))
    return float(a @ b / np.sqrt(a @ a * (b @ b)))


def test_no_set_of_instruments_takes_channels_that_ring(font: Path) -> None:
    synth = Attentive(font)
    pieces = joined(piece(), piece(), piece())
    play(synth, pieces, sum(map(frames_of, pieces)) - 100)
    synth.close()
    assert [program for _, program in synth.given] == [
        19,
        33,
        0,
        *(19, 33, 0, 48, 33, 0),
        48,
        33,
        0,
    ]
    assert len({channel for channel, _ in synth.given}) == 12


def test_a_bridge_with_nobody_to_leave_seats_both(font: Path) -> None:
    synth = Attentive(font)
    play(synth, [replace(piece(), leaving=OLD, instruments=NEW)], 64)
    synth.close()
    assert [program for _, program in synth.given] == [19, 33, 0, 48, 33, 0]


@pytest.mark.parametrize("kit", [0, 40])
def test_beats_stay_on_the_grid_through_a_bridge(synth: Synth, kit: int) -> None:
    """One kit or two, within a block: 1.3 ms."""
    pieces = joined(beats(tempo_qpm=97.0), beats(tempo_qpm=97.0), beats(tempo_qpm=97.0))
    new = replace(NEW, drum_kit=kit)
    pieces[1:] = [replace(each, instruments=new) for each in pieces[1:]]
    lead = onsets(play(synth, [beats(tempo_qpm=97.0)], 9_600), 4_800)[0]
    found = onsets(play(synth, pieces, 3 * frames_of(pieces[0])), 4_800)
    wanted = np.arange(48) * 60 / 97 * 48_000
    assert len(found) == 48
    assert np.abs(found - lead - wanted).max() <= 2 * BLOCK_FRAMES


def test_a_kit_that_stays_is_as_loud_in_the_middle(synth: Synth) -> None:
    pieces = joined(beats(), beats(), beats())
    sound = play(synth, pieces, 3 * frames_of(pieces[0])).reshape(48, -1, 2)
    loudness = 20 * np.log10(np.abs(sound).max(axis=(1, 2)))
    assert loudness == pytest.approx(np.full(48, loudness.mean()), abs=0.5)


def test_levels_do_not_jump_where_instruments_play_on(synth: Synth) -> None:
    balances = {
        "loud": Balance(EVEN, {}, (4.0,) * 4),
        "soft": Balance(dict.fromkeys(EVEN, 60), {}, (-6.0,) * 4),
    }
    radio = Player(
        synth,
        chain([chord(19, title="loud"), chord(19, title="soft")], repeat(piece())).__next__,
        lambda each: balances.get(each.title) or even(each),
    )
    end = frames_of(chord(19))
    loudness = envelope_db(radio.render(2 * end).samples)[end // 960 :][:30]
    steps = np.array([before - after for before, after in pairwise(loudness)])
    assert loudness[0] - loudness[-1] > 10
    assert np.abs(steps[3:]).max() < 3  # the chord is struck in the first


def test_a_bridge_does_not_click(synth: Synth) -> None:
    bridge = chord(48, leaving=Instruments(melody=19))
    sound = play(synth, [bridge], frames_of(bridge))
    assert roughness(sound[9_600:]) < 1.5 * max(
        roughness(_alone(chord(program))[9_600:]) for program in (19, 48)
    )
