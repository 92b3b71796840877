"""The shapes of Magenta's published models, as one table.

Source: magenta/models/music_vae/configs.py and the checkpoints of magenta-js.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from generators.music import STEPS_PER_BAR

Head = Literal["categorical", "nade", "groove"]

MELODY_DEPTH = 90
DRUM_DEPTH = 512
DRUM_ROLL_DEPTH = 10  # nine hit bits, and one that says "nothing hit"
TRIO_DEPTHS = (MELODY_DEPTH, MELODY_DEPTH, DRUM_DEPTH)


@dataclass(frozen=True, slots=True)
class MagentaConfig:
    """One model: an encoder, perhaps a conductor, decoders, and what their outputs mean."""

    name: str
    steps: int  # of the whole sequence, in sixteenths
    z_size: int
    input_depth: int  # width of one step of the encoder's input
    encoder: tuple[int, ...]  # LSTM widths a direction: of each layer, or of each of two levels
    decoder: tuple[int, ...]  # LSTM widths, layer by layer; the conductor's are the same
    parts: tuple[str, ...]  # of "melody", "bass", "drums", in the order of the outputs
    depths: tuple[int, ...]  # width of each part's output
    head: Head = "categorical"
    bars: int = 1  # that the conductor conducts; 1: no conductor, the latent goes to every step
    encodes_bars: bool = False  # the encoder reads each bar by itself, then the bars in a row
    nade_hidden: int = 0  # width of the NADE head's hidden layer
    controls: int = 0  # width of the controls a caller gives at every step (GrooVAE's hits)

    @property
    def segment_steps(self) -> int:
        """Steps that one state of a decoder lasts."""
        return self.steps // self.bars

    @property
    def output_depth(self) -> int:
        return sum(self.depths)

    @property
    def decoders(self) -> int:
        """A conductor has a decoder for each part; a flat model one for all."""
        return len(self.parts) if self.bars > 1 else 1


_TWO_BARS, _FOUR_BARS, _SIXTEEN_BARS = (bars * STEPS_PER_BAR for bars in (2, 4, 16))
_TRIO = ("melody", "bass", "drums")

_MELODY = MagentaConfig(
    "cat-mel_2bar_small",
    steps=_TWO_BARS,
    z_size=256,
    input_depth=MELODY_DEPTH,
    encoder=(512,),
    decoder=(256, 256),
    parts=("melody",),
    depths=(MELODY_DEPTH,),
)
_DRUMS = replace(
    _MELODY,
    name="cat-drums_2bar_small",
    input_depth=DRUM_ROLL_DEPTH,
    parts=("drums",),
    depths=(DRUM_DEPTH,),
)
_NADE = replace(
    _DRUMS,
    name="nade-drums_2bar_reduced",
    encoder=(1024,),
    decoder=(512, 512),
    depths=(9,),
    head="nade",
    nade_hidden=128,
)
_GROOVE = replace(
    _DRUMS, name="groovae_4bar", steps=_FOUR_BARS, input_depth=27, depths=(27,), head="groove"
)
_TRIO_16 = MagentaConfig(
    "hierdec-trio_16bar",
    steps=_SIXTEEN_BARS,
    z_size=512,
    input_depth=sum(TRIO_DEPTHS),
    encoder=(2048, 2048),
    decoder=(1024, 1024),
    parts=_TRIO,
    depths=TRIO_DEPTHS,
    bars=16,
)
_MELODY_16 = replace(
    _TRIO_16,
    name="hierdec-mel_16bar",
    input_depth=MELODY_DEPTH,
    parts=("melody",),
    depths=(MELODY_DEPTH,),
)

MAGENTA_CONFIGS = {
    config.name: config
    for config in (
        _MELODY,
        replace(
            _MELODY,
            name="cat-mel_2bar_big",
            z_size=512,
            encoder=(2048,),
            decoder=(2048, 2048, 2048),
        ),
        _DRUMS,
        replace(
            _DRUMS,
            name="cat-drums_2bar_big",
            z_size=512,
            encoder=(2048,),
            decoder=(2048, 2048, 2048),
        ),
        _NADE,
        replace(_NADE, name="nade-drums_2bar_full", input_depth=62, depths=(61,)),
        replace(
            _MELODY_16,
            name="flat-mel_16bar",
            decoder=(2048, 2048, 2048),
            bars=1,
        ),
        _MELODY_16,
        replace(_MELODY_16, name="hier-mel_16bar", encoder=(1024, 1024), encodes_bars=True),
        replace(_TRIO_16, name="flat-trio_16bar", decoder=(2048, 2048, 2048), bars=1),
        _TRIO_16,
        replace(_TRIO_16, name="hier-trio_16bar", encoder=(1024, 1024), encodes_bars=True),
        replace(  # only published for magenta-js, as trio_4bar
            _TRIO_16,
            name="hier-trio_4bar",
            steps=_FOUR_BARS,
            z_size=256,
            encoder=(512, 512),
            decoder=(256, 256),
            bars=4,
            encodes_bars=True,
        ),
        _GROOVE,
        replace(_GROOVE, name="groovae_2bar", steps=_TWO_BARS),
        replace(_GROOVE, name="groovae_2bar_hits_control", steps=_TWO_BARS, controls=9),
    )
}
