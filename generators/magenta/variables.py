"""The variables of Magenta's models: what TensorFlow calls each, and its shape.

Every LSTM cell is one kernel `[in + H, 4H]` (input rows first, then hidden rows) and one bias
`[4H]`, in the gate order i, j, f, o; every dense layer a kernel `[in, out]` and a bias `[out]`.

Mind the asymmetry of the names, which is Magenta's: the encoder counts its layers in the outer
`cell_N` (the inner one is always `cell_0`), decoders count inside `multi_rnn_cell`, and the
conductor has no `multi_rnn_cell` at all.

Source: the checkpoints themselves; magenta/models/music_vae/lstm_models.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from generators.magenta.config import MagentaConfig

DIRECTIONS = ("fw", "bw")
MU, SIGMA = "encoder/mu", "encoder/sigma"
CONDUCTOR = "decoder/hierarchical_level_0"
NADE = "decoder/nade"

_OPTIMISER = ("Adam", "Adam_1", "global_step", "beta1_power", "beta2_power")
_CUDNN = "opaque_kernel"  # a second copy of the weights, beside the canonical kernels

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One LSTM cell: where its variables are, and its widths."""

    name: str
    inputs: int
    width: int

    def variables(self) -> Iterator[tuple[str, Shape]]:
        yield from _dense(self.name, self.inputs + self.width, 4 * self.width)


def expected_variables(config: MagentaConfig) -> dict[str, Shape]:
    """Every variable of a model, encoder included, and its shape."""
    return dict(_variables(config))


def is_leftover(name: str) -> bool:
    """Whether a checkpoint's variable belongs to its training and not to the model."""
    last = name.rsplit("/", 1)[-1]
    return last in _OPTIMISER or _CUDNN in name.split("/")


def encoder_layers(config: MagentaConfig) -> list[tuple[Cell, ...]]:
    """The encoder's layers (or levels), each its cells forwards and backwards."""
    widths = (config.input_depth + config.controls, *(2 * width for width in config.encoder))
    name = "hierarchical_level_{}/cell_0" if config.encodes_bars else "cell_{}"
    return [
        tuple(
            Cell(
                f"encoder/{name.format(layer)}/bidirectional_rnn/{direction}"
                "/multi_rnn_cell/cell_0/lstm_cell",
                inputs,
                width,
            )
            for direction in DIRECTIONS
        )
        for layer, (inputs, width) in enumerate(zip(widths, config.encoder, strict=False))
    ]


def conductor_cells(config: MagentaConfig) -> list[Cell]:
    """The conductor's layers. Its input is a single zero a bar, which costs a kernel row."""
    return [
        Cell(f"{CONDUCTOR}/cell_{layer}/lstm_cell", inputs, width)
        for layer, (inputs, width) in enumerate(pairwise((1, *config.decoder)))
    ]


def decoder_cells(config: MagentaConfig, decoder: int) -> list[Cell]:
    """A core decoder's layers. The first reads [previous output ; embedding ; controls]."""
    inputs = decoder_depth(config, decoder) + embedding_width(config) + config.controls
    return [
        Cell(f"{decoder_name(config, decoder)}/multi_rnn_cell/cell_{layer}/lstm_cell", wide, width)
        for layer, (wide, width) in enumerate(pairwise((inputs, *config.decoder)))
    ]


def decoder_name(config: MagentaConfig, decoder: int) -> str:
    """What the names of a core decoder's variables begin with."""
    if config.bars == 1:
        return "decoder"
    if config.decoders == 1:
        return "core_decoder/decoder"
    return f"core_decoder/core_decoder_{decoder}/decoder"


def decoder_depth(config: MagentaConfig, decoder: int) -> int:
    """Width of what a core decoder puts out and hears again: its part's, or all parts'."""
    return config.depths[decoder] if config.decoders > 1 else config.output_depth


def embedding_width(config: MagentaConfig) -> int:
    """Width of what a core decoder plays from: the conductor's output, or the latent itself."""
    return config.decoder[-1] if config.bars > 1 else config.z_size


def _variables(config: MagentaConfig) -> Iterator[tuple[str, Shape]]:
    for cells in encoder_layers(config):
        for cell in cells:
            yield from cell.variables()
    for name in (MU, SIGMA):
        yield from _dense(name, 2 * config.encoder[-1], config.z_size)
    states = 2 * sum(config.decoder)  # c and h of every layer
    if config.bars > 1:
        yield from _dense(f"{CONDUCTOR}/initial_state", config.z_size, states)
        for cell in conductor_cells(config):
            yield from cell.variables()
    for decoder in range(config.decoders):
        name = decoder_name(config, decoder)
        yield from _dense(f"{name}/z_to_initial_state", embedding_width(config), states)
        for cell in decoder_cells(config, decoder):
            yield from cell.variables()
        projected = config.nade_hidden + decoder_depth(config, decoder)
        yield from _dense(f"{name}/output_projection", config.decoder[-1], projected)
    if config.head == "nade":
        yield f"{NADE}/w_enc", (config.output_depth, 1, config.nade_hidden)
        yield f"{NADE}/w_dec_t", (config.output_depth, config.nade_hidden, 1)


def _dense(name: str, inputs: int, outputs: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}/kernel", (inputs, outputs)
    yield f"{name}/bias", (outputs,)
