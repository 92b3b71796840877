"""All parts are heard, and the whole stays level, before a note has sounded."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from generators.music import PARTS, STEPS_PER_BAR, Instruments, Mix, Piece, Strip, Trio
from generators.recipe import identified
from renderer.balance import BAR_LUFS, Balance, plain_balance
from renderer.balancer import Balancer
from renderer.errors import SoundFontError
from renderer.forecast import clearance_db
from renderer.player import Player
from renderer.score import frames_of
from renderer.synth import Synth
from renderer.voices import SLOTS_A_SECOND, loudness_lufs, powers
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio
from tests.renderer.ears import bars_lufs

GLOCKENSPIEL, CHURCH_ORGAN = 9, 19


class Fonts:
    """Makes synths, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Synth:
        self.made += 1
        return Synth(FONT)


@pytest.fixture(scope="module")
def balancer() -> Balancer:
    return Balancer(Fonts())


def band(**fields: Any) -> Piece:
    return identified(piece(**({"trio": trio(8)} | fields)))


def played_by(melody: int, **fields: Any) -> Piece:
    return band(instruments=Instruments(melody=melody), **fields)


def bass_begins_and_ends(bars: int = 16) -> Piece:
    """The bass alone for four bars, the band for eight, the bass alone for four."""
    everyone = trio(bars)
    inside = range(4 * STEPS_PER_BAR, (bars - 4) * STEPS_PER_BAR)
    melody, drums = (
        tuple(note for note in part if note.start in inside)
        for part in (everyone.melody, everyone.drums)
    )
    return band(trio=replace(everyone, melody=melody, drums=drums))


def heard(of: Piece, balance: Balance, parts: tuple[str, ...] = PARTS) -> np.ndarray:
    """The power of some parts of a piece as the player gives it, before mastering."""
    silent: dict[str, Any] = {part: () for part in PARTS if part not in parts}
    some = replace(of, trio=replace(of.trio, **silent))
    synth = Synth(FONT)
    try:
        player = Player(synth, lambda: some, lambda _: balance)
        return powers(player.render(frames_of(of)).samples)
    finally:
        synth.close()


def short_term_lufs(power: np.ndarray) -> list[float]:
    """How loud each three seconds are."""
    slots = 3 * SLOTS_A_SECOND
    means = np.convolve(power.sum(axis=1), np.full(slots, 1 / slots), "valid")
    return [loudness_lufs(mean) for mean in means]


def test_every_bar_is_as_loud_as_it_should_be(balancer: Balancer) -> None:
    bars = bars_lufs(band(), heard(band(), balancer.measure(band())))
    assert bars == pytest.approx(BAR_LUFS, abs=1.0)


def test_the_whole_is_no_louder_where_the_band_comes_in(balancer: Balancer) -> None:
    of = bass_begins_and_ends()
    assert np.ptp(short_term_lufs(heard(of, balancer.measure(of)))) < 3.0


def test_without_trims_it_would_be(balancer: Balancer) -> None:
    of = bass_begins_and_ends()
    untrimmed = replace(balancer.measure(of), trims_db=(0.0,) * 16)
    assert np.ptp(short_term_lufs(heard(of, untrimmed))) > 5.0


@pytest.mark.parametrize("melody", [GLOCKENSPIEL, CHURCH_ORGAN])
def test_a_loud_instrument_and_a_soft_one_are_as_loud(balancer: Balancer, melody: int) -> None:
    of = played_by(melody)
    bars = bars_lufs(of, heard(of, balancer.measure(of)))
    assert bars == pytest.approx(BAR_LUFS, abs=1.5)


def test_the_melody_is_heard_over_bass_and_drums(balancer: Balancer) -> None:
    of = played_by(CHURCH_ORGAN)
    balance = balancer.measure(of)
    clear = clearance_db(heard(of, balance, ("melody",)), heard(of, balance, ("bass", "drums")))
    assert np.mean(clear > -1.0) > 0.75


def test_a_melody_under_a_louder_part_in_its_octaves_is_buried() -> None:
    melody, other = np.zeros((10, 8)), np.zeros((10, 8))
    melody[:, 4], other[:, 4] = 1.0, 10.0
    assert clearance_db(melody, other) == pytest.approx(-10.0, abs=0.01)


def test_a_bass_drum_buries_no_flute() -> None:
    flute, drum = np.zeros((10, 8)), np.zeros((10, 8))
    flute[:, 4], drum[:, 0] = 1.0, 100.0
    assert clearance_db(flute, drum).min() > 40


def test_a_show_may_want_a_part_louder(balancer: Balancer) -> None:
    bass = Instruments(mix=Mix(bass=Strip(reverb=12, level_db=4.0)))
    plain, louder = balancer.measure(band()), balancer.measure(band(instruments=bass))
    assert 40 * np.log10(louder.volumes["bass"] / plain.volumes["bass"]) == pytest.approx(
        4, abs=0.3
    )


def test_a_bridge_has_faders_for_both_bands_and_stays_level(balancer: Balancer) -> None:
    bridge = played_by(CHURCH_ORGAN, origin="bridge", leaving=Instruments(melody=GLOCKENSPIEL))
    balance = balancer.measure(bridge)
    assert set(balance.leaving) == set(balance.volumes) == set(PARTS)
    assert bars_lufs(bridge, heard(bridge, balance)) == pytest.approx(BAR_LUFS, abs=2.0)


def test_the_gain_of_a_piece_moves_slowly(balancer: Balancer) -> None:
    trims = balancer.measure(bass_begins_and_ends()).trims_db
    assert max(abs(after - before) for before, after in pairwise(trims)) < 6.0


@pytest.mark.usefixtures("few_keys")
def test_a_fresh_balancer_comes_to_the_same_balance() -> None:
    balancer = Balancer(Fonts())
    balancer.measure(played_by(CHURCH_ORGAN))
    assert Balancer(Fonts()).measure(band()) == balancer.measure(band())


@pytest.mark.usefixtures("few_keys")
def test_a_piece_and_its_instruments_are_measured_once() -> None:
    fonts = Fonts()
    measured = Balancer(fonts)
    for of in (band(), band(), band(trio=trio(4))):
        measured.measure(of)
    assert fonts.made == len(PARTS) + 2  # and a synth for each piece


def test_before_it_is_measured_a_piece_has_its_plain_balance() -> None:
    fonts = Fonts()
    assert Balancer(fonts).of(band()) == plain_balance(band())
    assert fonts.made == 0


def test_a_piece_measured_ahead_has_its_balance_when_it_is_asked_for(balancer: Balancer) -> None:
    assert balancer.ahead(band()).result() is balancer.of(band())


def test_the_plain_balance_is_not_far_off(balancer: Balancer) -> None:
    bars = bars_lufs(band(), heard(band(), plain_balance(band())))
    assert bars == pytest.approx(BAR_LUFS, abs=4.0)


def test_silence_is_not_turned_up() -> None:
    silence = band(trio=Trio((), (), (), 4 * STEPS_PER_BAR))
    assert set(plain_balance(silence).trims_db) == {0.0}


def test_a_synth_that_fails_is_an_error_and_leaves_the_plain_balance() -> None:
    def broken() -> Synth:
        raise SoundFontError(FONT, "it is gone")

    balancer = Balancer(broken)
    with pytest.raises(SoundFontError):
        balancer.measure(band())
    assert balancer.of(band()) == plain_balance(band())


@pytest.mark.parametrize("wrong", [{"volumes": {"bass": 128}}, {"trims_db": (10.5,)}])
def test_a_fader_beyond_its_end_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        Balance(**({"volumes": {}} | wrong))
