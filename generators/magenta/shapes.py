"""What the shapes of a checkpoint's variables say of its network.

A width shows in several shapes. The most frequent answer counts, so that one variable of a wrong
shape is the odd one out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from generators.magenta.config import (
    DRUM_DEPTH,
    DRUM_ROLL_DEPTH,
    MAGENTA_CONFIGS,
    MELODY_DEPTH,
    TRIO_DEPTHS,
    Head,
    MagentaConfig,
)
from generators.magenta.variables import (
    CONDUCTOR,
    MU,
    NADE,
    SIGMA,
    conductor_cells,
    decoder_cells,
    decoder_depth,
    decoder_name,
    embedding_width,
    encoder_layers,
)

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

_GROOVE_DEPTH = 27
_TRIO = ("melody", "bass", "drums")
# What a decoder's output width says: the parts, their widths, the head.
_OUTPUTS: dict[int, tuple[tuple[str, ...], Shape, Head]] = {
    MELODY_DEPTH: (("melody",), (MELODY_DEPTH,), "categorical"),
    DRUM_DEPTH: (("drums",), (DRUM_DEPTH,), "categorical"),
    sum(TRIO_DEPTHS): (_TRIO, TRIO_DEPTHS, "categorical"),
    _GROOVE_DEPTH: (("drums",), (_GROOVE_DEPTH,), "groove"),
}


def derive(shapes: Shapes) -> MagentaConfig | None:
    """All that shapes can tell; steps and bars are the least that they can be."""
    conducted = any(name.startswith((CONDUCTOR, "core_decoder/")) for name in shapes)
    several = any(name.startswith("core_decoder/core_decoder_") for name in shapes)
    # A first sketch, of which only the names of the variables are of use.
    sketch = replace(
        MAGENTA_CONFIGS["cat-mel_2bar_small"],
        bars=2 if conducted else 1,
        parts=_TRIO if several else ("melody",),
        depths=TRIO_DEPTHS if several else (MELODY_DEPTH,),
        encodes_bars=any(name.startswith("encoder/hierarchical_level_") for name in shapes),
        encoder=(1,) * 9,
        decoder=(1,) * 9,
    )
    names = [decoder_name(sketch, decoder) for decoder in range(sketch.decoders)]
    decoder = _widths(shapes, _decoder_layers(sketch))
    initial = f"{CONDUCTOR}/initial_state" if conducted else f"{names[0]}/z_to_initial_state"
    z_size = _vote([*_sizes(shapes, [f"{initial}/kernel"], 0), *_outputs_of(shapes, MU, SIGMA)])
    output = _output(shapes, names)
    if not decoder or z_size is None or output is None:
        return None
    parts, depths, head, nade_hidden = output
    encoder = _widths(shapes, [[cell.name for cell in cells] for cells in encoder_layers(sketch)])
    config = replace(
        sketch,
        z_size=z_size,
        encoder=encoder,
        decoder=decoder,
        parts=parts,
        depths=depths,
        head=head,
        nade_hidden=nade_hidden,
        input_depth=_usual_input(depths, head),
    )
    if not encoder:  # not one variable of it: what is missing is named as the usual encoder
        usual = likest(config)
        config = replace(config, encoder=usual.encoder, encodes_bars=usual.encodes_bars)
    return _with_inputs(config, shapes)


def likest(config: MagentaConfig) -> MagentaConfig:
    """The row of the table that most resembles a configuration; the first of several."""

    def likeness(known: MagentaConfig) -> int:
        pairs = zip(_features(config), _features(known), strict=True)
        return sum(mine == theirs for mine, theirs in pairs)

    return max(MAGENTA_CONFIGS.values(), key=likeness)


def _features(config: MagentaConfig) -> tuple[Any, ...]:
    sizes = (config.z_size, config.encoder, config.decoder, config.nade_hidden)
    return *kind(config), *sizes


def kind(config: MagentaConfig) -> tuple[Any, ...]:
    """All but the sizes of layers, and the length."""
    return (
        config.parts,
        config.depths,
        config.head,
        config.input_depth,
        config.controls,
        config.bars > 1,
        config.encodes_bars,
        len(config.encoder),
        len(config.decoder),
    )


def _decoder_layers(sketch: MagentaConfig) -> list[list[str]]:
    """The names of a layer's cells, which are all of one width: decoders' and conductor's."""
    rows = [decoder_cells(sketch, decoder) for decoder in range(sketch.decoders)]
    if sketch.bars > 1:
        rows.append(conductor_cells(sketch))
    return [[cell.name for cell in layer] for layer in zip(*rows, strict=True)]


def _widths(shapes: Shapes, layers: list[list[str]]) -> Shape:
    """The width of each layer, until the first layer of which there is no cell."""
    widths = []
    for cells in layers:
        width = _vote([gates // 4 for gates in _outputs_of(shapes, *cells)])
        if width is None:
            break
        widths.append(width)
    return tuple(widths)


def _output(shapes: Shapes, names: list[str]) -> tuple[tuple[str, ...], Shape, Head, int] | None:
    """Parts, their widths, head, and the width of the NADE's hidden layer."""
    if len(names) > 1:
        return _TRIO, TRIO_DEPTHS, "categorical", 0
    enc, dec = shapes.get(f"{NADE}/w_enc", ()), shapes.get(f"{NADE}/w_dec_t", ())
    projected = _outputs_of(shapes, f"{names[0]}/output_projection")
    nade = [s for s in ((enc[:1] + enc[2:3]), dec[:2]) if len(s) == 2 and sum(s) in projected]
    if nade:
        depth, hidden = nade[0]
        return ("drums",), (depth,), "nade", hidden
    known = [_OUTPUTS[depth] for depth in projected if depth in _OUTPUTS]
    return (*known[0], 0) if known else None


def _usual_input(depths: Shape, head: Head) -> int:
    if head == "nade":
        return sum(depths) + 1  # and a bit that says "nothing hit"
    return DRUM_ROLL_DEPTH if depths == (DRUM_DEPTH,) else sum(depths)


def _with_inputs(config: MagentaConfig, shapes: Shapes) -> MagentaConfig:
    """With the widths of what the encoder reads, and of the controls beside it."""
    read = [
        rows - config.encoder[0]
        for rows in _sizes(shapes, [f"{c.name}/kernel" for c in encoder_layers(config)[0]], 0)
    ]
    first = decoder_cells(config, 0)[0]
    heard = decoder_depth(config, 0) + embedding_width(config)
    usual = {known.controls for known in MAGENTA_CONFIGS.values()}
    for rows in _sizes(shapes, [f"{first.name}/kernel"], 0):
        controls = rows - first.width - heard
        # Without the encoder's word for it, the decoder may just be of a wrong shape.
        if controls > 0 and (
            config.input_depth + controls in read or (not read and controls in usual)
        ):
            return replace(config, controls=controls)
    return replace(config, input_depth=_vote([*read, config.input_depth]) or 0)


def _outputs_of(shapes: Shapes, *layers: str) -> list[int]:
    """The output widths of dense layers or cells, by their kernels and biases."""
    kernels = _sizes(shapes, [f"{layer}/kernel" for layer in layers], 1)
    return [*_sizes(shapes, [f"{layer}/bias" for layer in layers], 0), *kernels]


def _sizes(shapes: Shapes, names: list[str], axis: int) -> Iterator[int]:
    return (shapes[name][axis] for name in names if len(shapes.get(name, ())) > axis)


def _vote(values: Collection[int]) -> int | None:
    return Counter(values).most_common(1)[0][0] if values else None
