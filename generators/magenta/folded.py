"""Magenta's LSTMs folded for sampling: the same functions, in fewer and cheaper steps.

* What a layer's kernel makes of a one-hot token is one of its rows: looked up, not multiplied.
* What it makes of a bar's embedding is the same at every step: multiplied once a bar.
* tanh(x) = 2 sigmoid(2x) - 1, and torch's sigmoid is five times faster than its tanh: with the
  candidate's columns doubled, one sigmoid goes over all four gates.
* The forget gate's bias of 1, which TensorFlow adds as it runs, is added once.

Letters: M rows (bars of pieces), S steps of a bar, C width of the context a row is sung from (its
bar's embedding; in a flat model the latent), H width of a layer, D width of a decoder's one-hots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from generators.magenta.arithmetic import Arithmetic, Floating
from generators.magenta.chains import NO_TOKEN
from generators.magenta.config import MagentaConfig
from generators.magenta.variables import (
    CONDUCTOR,
    Cell,
    conductor_cells,
    decoder_cells,
    decoder_depth,
    decoder_name,
)
from generators.sampler import draw


@dataclass(slots=True)
class State:
    """The cells (M, H) of each layer, and its hidden states as products take them."""

    cells: list[Tensor]
    hidden: list[Tensor]


class Stack:
    """LSTM layers. What the inputs make of the first one's gates, the caller works out."""

    def __init__(
        self, variables: Mapping[str, Tensor], cells: Sequence[Cell], arithmetic: Arithmetic
    ) -> None:
        kernels = [_doubled(variables[f"{cell.name}/kernel"]) for cell in cells]
        biases = [_with_forget_bias(variables[f"{cell.name}/bias"]) for cell in cells]
        self.bias = biases[0]  # (4H,)
        self._recurrent = arithmetic.product(kernels[0][cells[0].inputs :])
        self._above = [
            arithmetic.product(kernel, bias)
            for kernel, bias in zip(kernels[1:], biases[1:], strict=True)
        ]
        self._widths = [cell.width for cell in cells]
        self._carry = arithmetic.carry

    def start(self, dense: Tensor) -> State:
        """The state that a dense layer's output (M, 2 sum H) stands for, once squashed."""
        squashed = torch.sigmoid(dense * 2) * 2 - 1
        c0_h0_c1_h1 = torch.split(
            squashed, [width for width in self._widths for _ in range(2)], dim=-1
        )
        hidden = [self._carry(hidden.contiguous()) for hidden in c0_h0_c1_h1[1::2]]
        return State([cell.contiguous() for cell in c0_h0_c1_h1[::2]], hidden)

    def step(self, gates: Tensor, state: State) -> Tensor:
        """One step: `state` moves on, and `gates` (M, 4H), what the inputs make, is lost.

        Returns:
            The last layer's hidden state (M, H), float32.
        """
        hidden = self._turn(self._recurrent(state.hidden[0], gates), state, 0)
        for layer, product in enumerate(self._above, start=1):
            below_and_own = torch.cat(state.hidden[layer - 1 : layer + 1], dim=-1)  # (M, H' + H)
            hidden = self._turn(product(below_and_own, None), state, layer)
        return hidden

    def _turn(self, gates: Tensor, state: State, layer: int) -> Tensor:
        i, j, f, o = torch.sigmoid_(gates).chunk(4, dim=-1)  # each (M, H)
        cell = (f * state.cells[layer]).sub_(i).addcmul_(i, j, value=2)  # f c + i (2 j - 1)
        hidden = torch.sigmoid_(cell * 2).mul_(o).mul_(2).sub_(o)  # o (2 sigmoid(2 c) - 1)
        state.cells[layer] = cell
        state.hidden[layer] = self._carry(hidden)
        return hidden


class Conductor:
    """A latent to one embedding a bar."""

    def __init__(
        self, config: MagentaConfig, variables: Mapping[str, Tensor], arithmetic: Arithmetic
    ) -> None:
        self._bars = config.bars
        self._stack = Stack(variables, conductor_cells(config), arithmetic)
        self._bias = self._stack.bias.to(arithmetic.device)
        self.exact = Floating("float32", arithmetic.device)  # latents know no bounds
        self._initial = self.exact.product(*_dense(variables, f"{CONDUCTOR}/initial_state"))

    def begin(self, z: Tensor) -> Tensor:
        """Latents (M, Z) to what becomes the initial state, (M, 2 sum H)."""
        return self._initial(z, None)

    def conduct(self, start: Tensor) -> Tensor:
        """What `begin` gives to embeddings (M, bars, C)."""
        state = self._stack.start(start)
        gates = self._bias.expand(len(start), -1)  # its input is a zero a bar
        steps = [self._stack.step(gates.clone(), state) for _ in range(self._bars)]
        return torch.stack(steps, dim=1)


class CoreDecoder:
    """One decoder: a part of a hierarchical model, or all parts of a flat one."""

    def __init__(
        self,
        config: MagentaConfig,
        variables: Mapping[str, Tensor],
        decoder: int,
        arithmetic: Arithmetic,
    ) -> None:
        name = decoder_name(config, decoder)
        depth = decoder_depth(config, decoder)
        device = arithmetic.device
        self.depths = config.depths if config.decoders == 1 else (depth,)
        self._stack = Stack(variables, decoder_cells(config, decoder), arithmetic)
        first = decoder_cells(config, decoder)[0]
        of_inputs = _doubled(variables[f"{first.name}/kernel"])[: first.inputs]  # (D + C, 4H)
        nothing = torch.zeros(1, of_inputs.shape[1])
        of_token = torch.cat([of_inputs[:depth], nothing])
        self._of_token = of_token.to(device)  # (D + 1, 4H); the last: no token yet
        firsts = [sum(self.depths[:part]) for part in range(len(self.depths))]
        self._firsts = torch.tensor(firsts, device=device)  # (parts,)

        initial, bias = _dense(variables, f"{name}/z_to_initial_state")
        self._cut = [len(self._stack.bias), len(bias)]
        # A bar's embedding is a hidden state, and multiplied like one. A latent knows no bounds.
        self.outer = arithmetic if config.bars > 1 else Floating("float32", device)
        self._of_context = self.outer.product(
            torch.cat([of_inputs[depth:], initial], dim=1),
            torch.cat([self._stack.bias, bias]),
        )
        self._logits = arithmetic.product(*_dense(variables, f"{name}/output_projection"))

    def prepare(self, contexts: Tensor) -> Tensor:
        """What contexts (M, C) make of the first layer's gates and of the initial state."""
        return self._of_context(self.outer.carry(contexts), None)  # (M, 4H + 2 sum H)

    def sing(
        self, prepared: Tensor, uniforms: Tensor, temperatures: Tensor, before: Tensor
    ) -> Tensor:
        """Prepared contexts, uniforms (M, S, parts) and temperatures (M,) to tokens.

        Args:
            before: the token before the first, (M, parts) int64; `NO_TOKEN` where there is none.

        Returns:
            Tokens, int64 (M, S, parts).
        """
        of_context, start = torch.split(prepared, self._cut, dim=-1)
        state = self._stack.start(start)
        one_hots = torch.where(before == NO_TOKEN, len(self._of_token) - 1, before + self._firsts)
        tokens = []
        for step in range(uniforms.shape[1]):
            gates = self._of_token.index_select(0, one_hots[:, 0])
            for part in range(1, len(self.depths)):
                gates += self._of_token.index_select(0, one_hots[:, part])
            self._stack.step(gates.add_(of_context), state)
            logits = self._logits(state.hidden[-1], None) / temperatures[:, None]  # (M, D)
            drawn = [
                draw(part, uniforms[:, step, number])
                for number, part in enumerate(torch.split(logits, list(self.depths), dim=-1))
            ]
            tokens.append(torch.stack(drawn, dim=-1))
            one_hots = tokens[-1] + self._firsts
        return torch.stack(tokens, dim=1)


def _doubled(kernel: Tensor) -> Tensor:
    """The candidate's columns (gate j of i, j, f, o) twice as large: see the top."""
    i, j, f, o = kernel.float().chunk(4, dim=-1)
    return torch.cat([i, j * 2, f, o], dim=-1)


def _with_forget_bias(bias: Tensor) -> Tensor:
    i, j, f, o = bias.float().chunk(4)
    return torch.cat([i, j * 2, f + 1, o])


def _dense(variables: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return variables[f"{name}/kernel"].float(), variables[f"{name}/bias"].float()
