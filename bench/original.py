"""Magenta's own way to decode, in PyTorch: what the sampler is measured against.

As `HierarchicalLstmDecoder.sample` does it: bar after bar, step after step, one decoder after the
other, in float32; each step's input is the one-hot of the last token beside the bar's embedding,
and all of it is multiplied anew at every step. Pieces go side by side.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from generators.magenta.config import MagentaConfig
from generators.magenta.variables import CONDUCTOR, conductor_cells, decoder_cells, decoder_name
from generators.sampler import draw

State = list[tuple[Tensor, Tensor]]  # c and h of each layer, both (B, H)


class Original:
    def __init__(self, config: MagentaConfig, variables: Mapping[str, Tensor]) -> None:
        self.config = config
        self._conductor = [self._dense(variables, cell.name) for cell in conductor_cells(config)]
        self._begin = self._dense(variables, f"{CONDUCTOR}/initial_state")
        self._decoders = [
            (
                self._dense(variables, f"{decoder_name(config, part)}/z_to_initial_state"),
                [self._dense(variables, cell.name) for cell in decoder_cells(config, part)],
                self._dense(variables, f"{decoder_name(config, part)}/output_projection"),
            )
            for part in range(config.decoders)
        ]

    @torch.inference_mode()
    def decode(self, z: Tensor, uniforms: Tensor, temperature: float, bars: int) -> Tensor:
        """The first `bars` bars of latents (B, Z), with uniforms (B, T, parts): (B, t, parts)."""
        conductor = self._start(z, self._begin)
        last = [z.new_zeros(len(z), depth) for depth in self.config.depths]  # (B, D) each
        tokens = []
        for bar in range(bars):
            embedding = self._step(z.new_zeros(len(z), 1), conductor, self._conductor)  # (B, C)
            states = [self._start(embedding, begin) for begin, _, _ in self._decoders]
            for step in range(self.config.segment_steps):
                at = bar * self.config.segment_steps + step
                for part, (_, cells, (kernel, bias)) in enumerate(self._decoders):
                    hidden = self._step(torch.cat([last[part], embedding], 1), states[part], cells)
                    logits = torch.addmm(bias, hidden, kernel)  # (B, D)
                    token = draw(logits / temperature, uniforms[:, at, part])
                    tokens.append(token)
                    last[part] = torch.nn.functional.one_hot(token, logits.shape[1]).float()
        return torch.stack(tokens, 1).view(len(z), -1, len(self._decoders))

    def _start(self, context: Tensor, dense: tuple[Tensor, Tensor]) -> State:
        widths = [width for width in self.config.decoder for _ in range(2)]
        pieces = torch.split(torch.tanh(torch.addmm(dense[1], context, dense[0])), widths, dim=1)
        return list(zip(pieces[::2], pieces[1::2], strict=True))

    def _step(self, inputs: Tensor, state: State, cells: list[tuple[Tensor, Tensor]]) -> Tensor:
        for layer, (kernel, bias) in enumerate(cells):
            cell, hidden = state[layer]
            i, j, f, o = torch.addmm(bias, torch.cat([inputs, hidden], 1), kernel).chunk(4, 1)
            cell = torch.sigmoid(f + 1) * cell + torch.sigmoid(i) * torch.tanh(j)
            inputs = torch.sigmoid(o) * torch.tanh(cell)
            state[layer] = cell, inputs
        return inputs

    @staticmethod
    def _dense(variables: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
        return variables[f"{name}/kernel"], variables[f"{name}/bias"]
