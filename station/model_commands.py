"""`encode`, `decode`, `tokens`, `midi`, `sample`, `interpolate`: a model in a musician's hands.

Only these and the training commands need torch or pretty_midi, so they import them when called.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generators.errors import GeneratorError
from generators.walk import slerp
from generators.weights import DESCRIPTION, SHIPPED_MODEL
from station.arrays import new_file, output_folder, read_array
from station.errors import StationError

if TYPE_CHECKING:
    from generators.codec import Codec

CONVERTER_NAMES = ("trio", "mel_2bar", "drums_2bar", "mel_16bar")
GROOVE = "groove"  # made by a model only, with velocities and offsets


def add_to(add: Any) -> None:
    """Add the commands to the command line's subparsers."""
    encode = _with_model(add("encode", help="music in arrays to latents"))
    encode.add_argument("--inputs", type=Path, required=True, help="x.npy, [n, steps, input depth]")
    encode.add_argument("--lengths", type=Path, help="valid steps of each row, .npy, [n]")
    encode.add_argument("-o", "--output", type=Path, required=True, help=".npz: mu, sigma")
    encode.set_defaults(command=encode_arrays)

    decode = _with_model(add("decode", help="latents to music in arrays"))
    decode.add_argument("--latents", type=Path, required=True, help="z.npy, [n, z], or mu in .npz")
    decode.add_argument("--teacher", type=Path, help="true outputs, .npy, [n, steps, output depth]")
    how = decode.add_mutually_exclusive_group()
    how.add_argument("--greedy", action="store_true", help="the most likely notes")
    _add_temperature(how)
    _add_seed(decode)
    decode.add_argument("--logits", action="store_true", help="also write the raw logits")
    decode.add_argument(
        "-o", "--output", type=Path, required=True, help=".npz: tokens, outputs, logits"
    )
    decode.set_defaults(command=decode_arrays)

    tokens = add("tokens", help="a MIDI file to tokens, as Magenta reads it")
    tokens.add_argument("file", type=Path, help="MIDI file")
    tokens.add_argument("--converter", choices=CONVERTER_NAMES, default="trio")
    tokens.add_argument(
        "--limit", type=int, metavar="N", help="examples a stretch and a file (Magenta trains on 5)"
    )
    tokens.add_argument(
        "-o", "--output", type=Path, required=True, help=".npy, [examples, steps, parts]"
    )
    tokens.set_defaults(command=midi_to_tokens)

    midi = add("midi", help="tokens to MIDI files")
    midi.add_argument("tokens", type=Path, help=".npy of `tokens`, or .npz of `decode`")
    midi.add_argument(
        "--converter", choices=(*CONVERTER_NAMES, GROOVE), help="what it is (default: by its shape)"
    )
    midi.add_argument("-o", "--output", type=Path, required=True, help="folder")
    midi.set_defaults(command=tokens_to_midi)

    sample = _with_model(add("sample", help="new music as MIDI files"))
    sample.add_argument("-n", "--count", type=int, required=True, help="how many")
    _add_temperature(sample)
    _add_seed(sample)
    sample.add_argument("-o", "--output", type=Path, required=True, help="folder")
    sample.set_defaults(command=sample_midi)

    walk = _with_model(add("interpolate", help="the way from one MIDI file to another"))
    walk.add_argument("start", type=Path, help="MIDI file")
    walk.add_argument("end", type=Path, help="MIDI file")
    walk.add_argument("--steps", type=int, required=True, help="files, both ends included")
    walk.add_argument("-o", "--output", type=Path, required=True, help="folder")
    walk.set_defaults(command=interpolate_midi)


def encode_arrays(arguments: argparse.Namespace) -> int:
    inputs = read_array(arguments.inputs, "inputs")
    lengths = read_array(arguments.lengths, "lengths") if arguments.lengths else None
    codec = _open(arguments)
    with new_file(arguments.output) as file:
        mu, sigma = codec.encode(inputs, lengths)
        np.savez_compressed(file, mu=mu, sigma=sigma)
    if np.isnan(sigma).any():
        print("the model came without sigma: it is NaN", file=sys.stderr)
    print(f"{arguments.output}: mu and sigma, {list(mu.shape)}")
    return 0


def decode_arrays(arguments: argparse.Namespace) -> int:
    latents = read_array(arguments.latents, "mu")
    targets = None
    if arguments.teacher:
        if arguments.temperature is not None:
            raise StationError("--teacher tells what is most likely: leave out --temperature")
        targets = read_array(arguments.teacher, "outputs")
    codec = _open(arguments)
    with new_file(arguments.output) as file:
        if targets is not None:
            played = codec.teacher_forced(latents, targets)
        else:
            played = codec.decode(
                latents,
                temperature=None if arguments.greedy else _temperature(arguments, codec),
                seed=arguments.seed,
                with_logits=arguments.logits,
            )
        arrays = {"tokens": played.tokens, "outputs": played.outputs}
        if played.logits is not None:
            arrays["logits"] = played.logits
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # numpy's keywords are arrays
    shapes = (f"{name} {list(array.shape)}" for name, array in arrays.items())
    print(f"{arguments.output}: {', '.join(shapes)}")
    return 0


def midi_to_tokens(arguments: argparse.Namespace) -> int:
    from generators.magenta.converters import CONVERTERS

    if arguments.limit is not None and arguments.limit < 1:
        raise StationError(f"--limit must be 1 or more, not {arguments.limit}")
    converter = CONVERTERS[arguments.converter]
    tokens = converter.read(arguments.file, arguments.limit)
    with new_file(arguments.output) as file:
        np.save(file, tokens)
    if not len(tokens):
        why = converter.what_lacks(arguments.file)
        print(f"{arguments.file} gives no example: {why}", file=sys.stderr)
    print(f"{arguments.output}: {len(tokens)} examples of {converter.bars} bars")
    return 0


def tokens_to_midi(arguments: argparse.Namespace) -> int:
    from generators.magenta.converters import CONVERTERS
    from generators.magenta.grids import kind_of, midi_of_grids
    from generators.magenta.to_midi import file_of

    named = arguments.converter
    grids = read_array(arguments.tokens, "outputs" if named == GROOVE else "tokens")
    if grids.ndim == 2:  # as `decode` writes the tokens of a single part
        grids = grids[..., None]
    kind = kind_of(grids)
    if named:
        kind = "groove" if named == GROOVE else CONVERTERS[named].kind
    pieces = midi_of_grids(grids, kind)
    folder = output_folder(arguments.output)
    for number, piece in enumerate(pieces, start=1):
        _write(folder / f"{arguments.tokens.stem}-{number:03}.mid", file_of(piece))
    guessed = "" if named or kind in ("trio", GROOVE) else ", by its values; else say --converter"
    print(f"{folder}: {len(grids)} MIDI files, read as {kind}{guessed}")
    return 0


def sample_midi(arguments: argparse.Namespace) -> int:
    from generators.magenta.to_midi import file_of

    if arguments.count < 1:
        raise StationError(f"-n must be 1 or more, not {arguments.count}")
    if arguments.seed < 0:
        raise StationError(f"--seed must be 0 or above, not {arguments.seed}")
    codec = _open(arguments)
    # Not the seed alone: the notes are drawn with that, and must not know the latents.
    rng = np.random.default_rng([arguments.seed, 1])
    latents = rng.standard_normal((arguments.count, codec.z_size), np.float32)
    temperature = _temperature(arguments, codec)
    batches = codec.play(latents, temperature=temperature, seed=arguments.seed)
    folder = output_folder(arguments.output)
    pieces = (piece for played in batches for piece in codec.midi(played))
    for number, piece in enumerate(pieces, start=1):
        _write(folder / f"sample-{number:03}.mid", file_of(piece))
    print(f"{folder}: {arguments.count} MIDI files of {codec.name}, temperature {temperature:g}")
    return 0


def interpolate_midi(arguments: argparse.Namespace) -> int:
    from generators.magenta.to_midi import file_of

    if arguments.steps < 2:
        raise StationError(f"--steps must be 2 or more, both ends included, not {arguments.steps}")
    codec = _open(arguments)
    ends = np.concatenate([_first_example(codec, f) for f in (arguments.start, arguments.end)])
    (start, end), _ = codec.encode(codec.converter.inputs(ends))
    try:
        between = [slerp(start, end, t) for t in np.linspace(0, 1, arguments.steps)[1:-1]]
    except ValueError as error:
        raise GeneratorError(f"no way between these two: {error}") from error
    played = codec.decode(np.stack([start, *between, end]), temperature=None)
    folder = output_folder(arguments.output)
    for number, piece in enumerate(codec.midi(played), start=1):
        _write(folder / f"step-{number:03}.mid", file_of(piece))
    print(f"{folder}: {arguments.steps} MIDI files of {codec.name}")
    return 0


def _with_model(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument(
        "--model",
        metavar="DIR",
        help="a model folder, or one's name in data/models (default: ours)",
    )
    return parser


def _add_temperature(parser: Any) -> None:
    parser.add_argument(
        "--temperature", type=float, metavar="T", help="(default: 0.9 for ours, 0.5 for Magenta's)"
    )


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="equal seeds, equal notes (default: 0)")


def _open(arguments: argparse.Namespace) -> Codec:
    from generators.codec import open_codec

    return open_codec(find_model(arguments.model, arguments.settings.storage.folder / "models"))


def find_model(name: str | None, models: Path) -> Path:
    """The folder of a model that a person named: a path, a name in `models`, or nothing for ours.

    Raises:
        StationError: there is no such folder.
    """
    if name is None:
        return SHIPPED_MODEL
    for path in (Path(name), models / name):
        if path.is_dir():
            return path
    known = ", ".join(sorted(found.parent.name for found in models.glob(f"*/{DESCRIPTION}")))
    raise StationError(
        f"there is no model {name!r}: neither a folder nor in {models} "
        f"({known or 'which has none: `latentfm import --list`'})"
    )


def _temperature(arguments: argparse.Namespace, codec: Codec) -> float:
    if arguments.temperature is None:
        return codec.usual_temperature
    return float(arguments.temperature)


def _first_example(codec: Codec, path: Path) -> np.ndarray:
    examples = codec.converter.read_some(path)
    if len(examples) > 1:
        print(f"{path} gives {len(examples)} examples; the first is taken", file=sys.stderr)
    return examples[:1]


def _write(path: Path, data: bytes) -> None:
    with new_file(path) as file:
        file.write(data)
