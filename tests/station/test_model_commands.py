"""What a musician types: arrays and MIDI files in, arrays and MIDI files out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from generators.errors import GeneratorError, MidiError, WeightsError
from generators.magenta.importing import import_model
from generators.weights import ModelFolder
from station.errors import StationError
from station.model_commands import add_to
from station.settings import Settings, StorageSettings
from tests.generators.magenta.bundles import SMALL, random_variables, write_bundle
from tests.generators.magenta.golden import golden_folder
from tests.generators.songs import write_song

Latentfm = Callable[..., None]
GOLDEN_MIDI = Path(__file__).parents[1] / "generators" / "golden" / "trio-converter" / "midi"
TOLERANCE = 1e-4


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def latentfm(here: Path) -> Latentfm:
    """Run a command that works, or raises its fault; `data/` is where the test is."""
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers().add_parser)

    def run(*arguments: str | Path | int | float) -> None:
        parsed = parser.parse_args([str(each) for each in arguments])
        parsed.settings = Settings(storage=StorageSettings(folder=here / "data"))
        assert parsed.command(parsed) == 0

    return run


@pytest.fixture
def tiny(model_folder: ModelFolder) -> Path:
    return model_folder.path


def save(path: str, array: np.ndarray | list[object]) -> str:
    np.save(path, np.asarray(array))
    return path


def notes(path: Path) -> list[tuple[float, float, int]]:
    midi = pretty_midi.PrettyMIDI(str(path))
    return [(n.start, n.end, n.pitch) for each in midi.instruments for n in each.notes]


@pytest.mark.parametrize("name", ["hierdec-trio_16bar", "cat-mel_2bar"])
def test_a_golden_set_comes_out_as_it_went_into_magenta(
    latentfm: Latentfm, here: Path, name: str
) -> None:
    told = dict(np.load(golden_folder(name) / "golden.npz"))
    for array, values in told.items():
        np.save(f"{array}.npy", values)
    import_model(golden_folder(name), here / "data" / "models" / "it", name="it", quiet=True)

    given = ("--inputs", "enc_inputs.npy", "--lengths", "enc_lengths.npy")
    latentfm("encode", "--model", "it", *given, "-o", "e.npz")
    latentfm(
        *("decode", "--model", "it", "--latents", "tf_z.npy"),
        *("--teacher", "tf_targets.npy", "-o", "t.npz"),
    )
    latentfm("decode", "--model", "it", "--latents", "dec_z.npy", "--greedy", "-o", "d.npz")

    encoded, taught, decoded = (np.load(file) for file in ("e.npz", "t.npz", "d.npz"))
    np.testing.assert_allclose(encoded["mu"], told["enc_mu"], atol=TOLERANCE)
    np.testing.assert_allclose(encoded["sigma"], told["enc_sigma"], atol=TOLERANCE)
    np.testing.assert_allclose(taught["logits"], told["tf_logits"], atol=TOLERANCE)
    np.testing.assert_array_equal(decoded["tokens"], told["dec_tokens"])
    np.testing.assert_array_equal(decoded["outputs"], told["dec_outputs"])


def test_what_one_command_writes_the_next_one_reads(
    latentfm: Latentfm, here: Path, tiny: Path
) -> None:
    z = save("z.npy", np.random.default_rng(1).standard_normal((2, 16)))
    latentfm("decode", "--model", tiny, "--latents", z, "--seed", 4, "-o", "a.npz")
    np.save("x.npy", np.load("a.npz")["outputs"])
    latentfm("encode", "--model", tiny, "--inputs", "x.npy", "-o", "e.npz")
    latentfm("decode", "--model", tiny, "--latents", "e.npz", "--greedy", "--logits", "-o", "b.npz")
    latentfm("midi", "b.npz", "-o", "songs")
    assert np.load("b.npz")["logits"].shape == (2, 32, 692)
    assert len(list((here / "songs").glob("*.mid"))) == 2


@pytest.mark.parametrize("converter", ["trio", "mel_2bar", "drums_2bar", "mel_16bar"])
def test_tokens_of_a_file_are_examples_by_steps_by_parts(
    latentfm: Latentfm, converter: str
) -> None:
    latentfm("tokens", GOLDEN_MIDI / "gaps.mid", "--converter", converter, "-o", "t.npy")
    steps = 32 if "2bar" in converter else 256
    assert np.load("t.npy").shape[1:] == (steps, 3 if converter == "trio" else 1)


def test_tokens_go_to_midi_and_come_back(latentfm: Latentfm, here: Path) -> None:
    latentfm("tokens", GOLDEN_MIDI / "decoded2.mid", "-o", "t.npy")
    latentfm("midi", "t.npy", "-o", "out")
    latentfm("tokens", here / "out" / "t-001.mid", "-o", "again.npy")
    np.testing.assert_array_equal(np.load("again.npy"), np.load("t.npy"))


def test_a_limit_takes_the_first(latentfm: Latentfm) -> None:
    latentfm("tokens", GOLDEN_MIDI / "gaps.mid", "-o", "all.npy")
    latentfm("tokens", GOLDEN_MIDI / "gaps.mid", "--limit", 5, "-o", "some.npy")
    np.testing.assert_array_equal(np.load("some.npy"), np.load("all.npy")[:5])


def test_a_file_of_no_example_gives_an_empty_array_and_says_why(
    latentfm: Latentfm, capsys: pytest.CaptureFixture[str]
) -> None:
    latentfm("tokens", GOLDEN_MIDI / "waltz.mid", "-o", "t.npy")
    assert np.load("t.npy").shape == (0, 256, 3)
    assert "gives no example: it is in 3/4" in capsys.readouterr().err


def test_one_part_is_read_as_it_is_told(
    latentfm: Latentfm, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save("t.npy", np.resize([40, 0, 1, 0], (1, 16)))
    latentfm("midi", "t.npy", "-o", "guessed")
    assert "read as melody, by its values" in capsys.readouterr().out
    latentfm("midi", "t.npy", "--converter", "drums_2bar", "-o", "told")
    assert notes(here / "guessed" / "t-001.mid")[0] == (0.0, 0.25, 59)
    assert pretty_midi.PrettyMIDI("told/t-001.mid").instruments[0].is_drum


def test_a_groove_keeps_its_accents(latentfm: Latentfm, here: Path) -> None:
    groove = np.zeros((1, 16, 27), np.float32)
    groove[0, 4, [0, 9, 18]] = 1, 0.5, 1  # a kick, half as loud, half a step early
    latentfm("midi", save("g.npy", groove), "-o", "out")
    [kick] = pretty_midi.PrettyMIDI("out/g-001.mid").instruments[0].notes
    assert (kick.pitch, kick.velocity) == (36, 64)
    assert kick.start == pytest.approx(3.5 * 0.125, abs=0.002)


def test_equal_seeds_sample_equal_files(latentfm: Latentfm, here: Path, tiny: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        latentfm("sample", "--model", tiny, "-n", 3, "--seed", seed, "-o", folder)
    a, b, c = ([f.read_bytes() for f in sorted((here / each).iterdir())] for each in "abc")
    assert len(a) == 3
    assert a == b
    assert a != c


def test_without_a_model_ours_plays(
    latentfm: Latentfm, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    latentfm("sample", "-n", 1, "-o", "out")
    assert "of trio-" in capsys.readouterr().out
    assert notes(here / "out" / "sample-001.mid")


def test_a_walk_begins_and_ends_with_what_its_ends_are_to_the_model(
    latentfm: Latentfm, here: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (1, 2):
        write_song(here / f"{seed}.mid", seed)
    latentfm("interpolate", "1.mid", "2.mid", "--model", tiny, "--steps", 4, "-o", "way")
    latentfm("interpolate", "2.mid", "1.mid", "--model", tiny, "--steps", 2, "-o", "back")
    assert "1.mid gives 7 examples; the first is taken" in capsys.readouterr().err
    way, back = (
        [f.read_bytes() for f in sorted((here / folder).iterdir())] for folder in ("way", "back")
    )
    assert len(way) == 4
    assert [way[0], way[-1]] == back[::-1]


def test_a_walk_from_a_file_of_no_example_says_why(latentfm: Latentfm, tiny: Path) -> None:
    ends = (GOLDEN_MIDI / "plain16.mid", GOLDEN_MIDI / "no_bass.mid")
    with pytest.raises(MidiError, match=r"no_bass\.mid gives no example: it has no bass"):
        latentfm("interpolate", *ends, "--model", tiny, "--steps", 3, "-o", "way")


def test_a_model_without_an_encoder_names_what_it_lacks(latentfm: Latentfm, here: Path) -> None:
    variables = random_variables(SMALL)
    write_bundle(here / "model", {n: v for n, v in variables.items() if n != "encoder/mu/bias"})
    import_model(here / "model.index", here / "data" / "models" / "half", name="half", quiet=True)
    x = save("x.npy", np.zeros((1, SMALL.steps, SMALL.input_depth), np.uint8))
    with pytest.raises(WeightsError, match="encoder/mu/bias"):
        latentfm("encode", "--model", "half", "--inputs", x, "-o", "e.npz")
    assert not list(here.glob("e.npz*"))


NOT_ARRAYS = {
    "text": b"not numbers",
    "empty": b"",
    "torn": b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }",
}


@pytest.mark.parametrize("name", NOT_ARRAYS)
def test_a_file_that_is_no_array_is_named(latentfm: Latentfm, here: Path, name: str) -> None:
    (here / "z.npy").write_bytes(NOT_ARRAYS[name])
    with pytest.raises(StationError, match=r"z\.npy is not an \.npy or \.npz file"):
        latentfm("decode", "--latents", "z.npy", "-o", "d.npz")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.full((2, 16), np.nan), r"NaN or infinity, first at \[0, 0\]"),
        (np.array(["a"]), "not numbers"),
        (np.zeros((2, 16), complex), "not numbers"),
        (np.array([{}], object), r"not an \.npy"),
    ],
)
def test_an_array_of_no_numbers_is_refused(
    latentfm: Latentfm, array: np.ndarray, told: str
) -> None:
    np.save("z.npy", array, allow_pickle=True)
    with pytest.raises(StationError, match=told):
        latentfm("decode", "--latents", "z.npy", "-o", "d.npz")


def test_an_npz_without_the_array_says_what_it_has(latentfm: Latentfm) -> None:
    np.savez("z.npz", sigma=np.zeros((1, 16)))
    with pytest.raises(StationError, match=r"z\.npz has no array 'mu'; it has sigma"):
        latentfm("decode", "--latents", "z.npz", "-o", "d.npz")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("decode --latents z.npy --temperature 0 -o d.npz", "above 0, not 0.0"),
        ("decode --latents z.npy --seed -1 -o d.npz", "seed must be 0 or above"),
        ("decode --latents z.npy --teacher z.npy --temperature 1 -o d.npz", "leave out"),
        ("decode --latents gone.npy -o d.npz", "cannot read gone.npy: No such file"),
        ("decode --latents z.npy -o gone/d.npz", "cannot write gone/d.npz: No such file"),
        ("decode --latents z.npy -o .", "cannot write .: it is a folder"),
        ("sample -n 0 -o out", "-n must be 1 or more"),
        ("sample -n 1 --seed -1 -o out", "--seed must be 0 or above"),
        ("sample -n 1 -o z.npy", "cannot write to the folder z.npy"),
        ("sample -n 1 --model none -o out", "no model 'none'.*latentfm import"),
        ("interpolate a.mid b.mid --steps 1 -o out", "--steps must be 2 or more"),
        ("tokens a.mid -o t.npy", "cannot read a.mid"),
        ("tokens a.mid --limit 0 -o t.npy", "--limit must be 1 or more"),
        ("midi z.npy -o out", r"tokens have the shape .* not \[1, 128, 1\]|whole numbers"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    latentfm: Latentfm, here: Path, arguments: str, told: str
) -> None:
    save("z.npy", np.zeros((1, 128)))
    with pytest.raises((StationError, GeneratorError), match=told):
        latentfm(*arguments.split())
    assert [path.name for path in here.iterdir()] == ["z.npy"]
