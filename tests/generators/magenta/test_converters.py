"""MIDI to examples and back, exactly as Magenta does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.config import ModelConfig
from generators.errors import GeneratorError, MidiError
from generators.events import DRUM_DEPTH, FIRST_PITCH_TOKEN, MELODY_DEPTH, NOTE_OFF
from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.convert.kits import KITS, bit_of
from generators.magenta.converters import CONVERTERS, Converter, converter_of
from generators.magenta.grids import kind_of, midi_of_grids
from generators.magenta.to_midi import file_of, groove_midi, midi_of
from generators.music import PARTS
from tests.generators.songs import bass, beat, melody
from tests.generators.songs import midi_of as song_of

GOLDEN = Path(__file__).parents[1] / "golden" / "trio-converter"
MIDI = GOLDEN / "midi"
ARRAYS = dict(np.load(GOLDEN / "golden.npz"))
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text())
FILES = [Path(file["file"]).stem for file in EXPECTED["files"]]
KEYS = {"mel_2bar": "mel2", "drums_2bar": "drums2", "mel_16bar": "mel16"}

TRIO = CONVERTERS["trio"]
GROOVE = Converter("groove", 2)
hits = st.lists(st.integers(0, DRUM_DEPTH - 1), min_size=32, max_size=32)


def written(tmp_path: Path, midi: pretty_midi.PrettyMIDI) -> Path:
    path = tmp_path / "written.mid"
    path.write_bytes(file_of(midi))
    return path


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_magentas_trios(name: str) -> None:
    np.testing.assert_array_equal(TRIO.read(MIDI / f"{name}.mid"), ARRAYS[f"{name}/trio"])


@pytest.mark.parametrize("converter", KEYS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_magentas_windows_each_once(name: str, converter: str) -> None:
    found = CONVERTERS[converter].read(MIDI / f"{name}.mid")[..., 0]
    expected = ARRAYS[f"{name}/{KEYS[converter]}"]
    assert len(found) == len(expected)
    assert {tuple(row) for row in found} == {tuple(row) for row in expected}


@pytest.mark.parametrize("file", EXPECTED["files"], ids=FILES)
def test_a_limit_takes_as_many_as_magenta_does(file: dict[str, Any]) -> None:
    path = MIDI / Path(file["file"]).name
    assert len(TRIO.read(path, limit=5)) == file["trio_examples_default_limit"]


@pytest.mark.parametrize("grid", range(4))
def test_a_grid_is_written_byte_for_byte_as_magenta_writes_it(grid: int) -> None:
    midi = midi_of(ARRAYS["decode_tokens"][grid], PARTS)
    assert file_of(midi) == (MIDI / f"decoded{grid}.mid").read_bytes()


@pytest.mark.parametrize("grid", range(4))
def test_a_written_grid_reads_back_as_magenta_reads_it(grid: int) -> None:
    expected = ARRAYS.get(f"readback{grid}", np.zeros((0, 256, 3)))
    np.testing.assert_array_equal(TRIO.read(MIDI / f"decoded{grid}.mid"), expected)


@pytest.mark.parametrize("grid", range(2))
@pytest.mark.parametrize(("kind", "key"), [("melody", "mel2_notes"), ("drums", "drums2_notes")])
def test_one_part_gives_magentas_notes(grid: int, kind: Any, key: str) -> None:
    voice = ARRAYS["decode_tokens"][grid, :32, PARTS.index(kind)]
    [midi] = midi_of_grids(voice[None, :, None], kind)
    notes = [(n.start, n.end, n.pitch, n.velocity) for i in midi.instruments for n in i.notes]
    assert sorted(notes) == sorted(tuple(note[:4]) for note in EXPECTED[key][grid])


@given(hits)
def test_drums_survive_a_midi_file(
    tmp_path_factory: pytest.TempPathFactory, kit: list[int]
) -> None:
    tokens = np.array(kit)[:, None]
    path = written(tmp_path_factory.getbasetemp(), midi_of(tokens, ["drums"]))
    sounding = (tokens > 0).nonzero()[0]
    found = CONVERTERS["drums_2bar"].read(path)
    if len(sounding) and sounding[0] < 16 <= sounding[-1] and np.diff(sounding).max() <= 16:
        np.testing.assert_array_equal(found, tokens[None])
    else:  # a bar of silence ends a track
        assert len(found) == 0


def test_a_window_begins_with_no_note_off() -> None:
    for window in CONVERTERS["mel_2bar"].read(MIDI / "jitter_poly.mid")[..., 0]:
        changes = window[window > 0]
        assert changes[0] >= FIRST_PITCH_TOKEN
        assert NOTE_OFF in changes


@pytest.mark.parametrize(
    ("name", "converter", "why"),
    [
        ("waltz", "trio", "it is in 3/4"),
        ("no_bass", "trio", r"no bass \(notes from A0 to C8 of programs 32 to 39\)"),
        ("fifteen_bars", "trio", "has 15 bars, and 16 are needed"),
        ("decoded3", "mel_2bar", "it has no notes"),
        ("decoded1", "drums_2bar", r"no drums \(notes on channel 10\)"),
    ],
)
def test_a_file_without_examples_says_what_it_lacks(name: str, converter: str, why: str) -> None:
    with pytest.raises(MidiError, match=rf"{name}.mid gives no example: .*{why}"):
        CONVERTERS[converter].read_some(MIDI / f"{name}.mid")


def test_parts_that_never_meet_are_told_so(tmp_path: Path) -> None:
    late = [(start + 128, end + 128, pitch) for start, end, pitch in bass(1, bars=8)]
    song = song_of((0, False, melody(1, bars=8)), (33, False, late), (0, True, beat(bars=16)))
    song.write(str(tmp_path / "song.mid"))
    with pytest.raises(MidiError, match="never play together for 16 bars on end"):
        TRIO.read_some(tmp_path / "song.mid")


@pytest.mark.parametrize("data", [b"", b"MThd", b"no music", None])
def test_what_is_no_midi_file_is_named(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "broken.mid").write_bytes(data)
    with pytest.raises(MidiError, match=r"broken\.mid"):
        TRIO.read(tmp_path / "broken.mid")


def test_a_trios_input_is_its_one_hots() -> None:
    tokens = ARRAYS["plain16/trio"]
    inputs = TRIO.inputs(tokens)
    assert inputs.shape == (2, 256, 692)
    for part, start in enumerate((0, MELODY_DEPTH, 2 * MELODY_DEPTH)):
        assert np.take_along_axis(inputs, start + tokens[..., part : part + 1], axis=2).all()
    assert (inputs.sum(axis=2) == 3).all()


def test_a_drum_roll_says_where_nothing_is_hit() -> None:
    roll = CONVERTERS["drums_2bar"].inputs(np.array([[[0], [5]]]))
    assert roll.tolist() == [[[0] * 9 + [1], [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]]]


@pytest.mark.parametrize("config", MAGENTA_CONFIGS.values(), ids=lambda config: config.name)
def test_every_model_hears_what_its_converter_gives(config: Any) -> None:
    converter = converter_of(config)
    read = converter.read(MIDI / "plain16.mid", limit=1)
    assert converter.inputs(read).shape == (1, config.steps, config.input_depth)


def test_our_models_hear_trios_of_their_length() -> None:
    assert converter_of(ModelConfig("ours", 4, 16, 8, 8, 8, 8)) == Converter("trio", 4)


@pytest.mark.parametrize("kinds", KITS)
def test_every_drum_of_a_kit_is_heard_as_it_was_written(kinds: int, tmp_path: Path) -> None:
    tokens = np.zeros((64, 1), np.int64)
    tokens[:kinds, 0] = 1 << np.arange(kinds)
    tokens[kinds:, 0] = 1  # to the end
    path = written(tmp_path, midi_of(tokens, ["drums"], kinds))
    found = Converter("drums", 4, drum_kinds=kinds).read(path)
    np.testing.assert_array_equal(found, tokens[None])
    assert len(bit_of(kinds)) >= 61


def test_a_groove_survives_a_midi_file(tmp_path: Path, rng: np.random.Generator) -> None:
    struck = rng.random((32, 9)) < 0.3
    struck[0] = struck[-1] = True
    velocities = rng.integers(1, 128, (32, 9)) / 127
    offsets = rng.uniform(-0.9, 0.9, (32, 9))
    offsets[0] = 0  # nothing can come before the start
    struck[1:] &= ~struck[:-1]  # a hit lasts a step: the next of its drum would cut it short
    groove = np.concatenate([struck, struck * velocities, struck * offsets], axis=1)
    [found] = GROOVE.read(written(tmp_path, groove_midi(groove)))
    np.testing.assert_allclose(found[:, :18], groove[:, :18], atol=1e-6)
    np.testing.assert_allclose(found[:, 18:], groove[:, 18:], atol=0.02)  # a tick is 1/55 step


def test_an_early_hit_has_a_positive_offset(tmp_path: Path) -> None:
    song = song_of((0, True, [(0, 1, 36), (3.75, 4, 38), (31, 32, 36)]))
    song.write(str(tmp_path / "song.mid"))
    [found] = GROOVE.read(tmp_path / "song.mid")
    assert found[4].tolist()[1::9] == pytest.approx([1, 90 / 127, 0.5])


def test_a_groove_is_read_in_one_tempo_only() -> None:
    with pytest.raises(MidiError, match="a groove is read in one only"):
        GROOVE.read_some(MIDI / "tempo_change.mid")


@pytest.mark.parametrize(
    ("values", "kind"), [([60, 1, 0], "melody"), ([1, 4, 0], "drums"), ([511, 60, 0], "drums")]
)
def test_one_part_is_told_by_its_values(values: list[int], kind: str) -> None:
    assert kind_of(np.resize(values, (2, 32, 1))) == kind


@pytest.mark.parametrize("shape", [(32,), (2, 30, 3), (2, 32, 2), (2, 32, 3, 1)])
def test_tokens_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(GeneratorError, match=r"not \[" + ", ".join(map(str, shape))):
        kind_of(np.zeros(shape, int))


@pytest.mark.parametrize(("value", "part"), [(-1, "melody"), (90, "melody"), (-1, "drum")])
def test_a_token_that_is_none_is_named(value: int, part: str) -> None:
    grids = np.zeros((1, 16, 3), int)
    grids[0, 3, 0 if part == "melody" else 2] = value
    with pytest.raises(GeneratorError, match=f"{part} tokens lie in .* and one is {value}"):
        midi_of_grids(grids, "trio")


def test_tokens_are_whole_numbers() -> None:
    with pytest.raises(GeneratorError, match="whole numbers, not float64"):
        midi_of_grids(np.zeros((1, 16, 3)), "trio")
