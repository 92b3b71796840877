"""TensorFlow's LSTM cells and dense layers as PyTorch's, and stacks of them.

A TensorFlow cell is one kernel `[in + H, 4H]` with its columns in the order i, j, f, o, and adds
1.0 to the forget gate as it runs. PyTorch wants rows in the order i, f, g, o, input and hidden
weights apart, and adds nothing: the 1.0 goes into one of its two biases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from generators.magenta.variables import Cell

Take = Callable[[str], Tensor]  # a variable of the model, by TensorFlow's name
State = list[tuple[Tensor, Tensor]]  # hidden and cell, each (M, H), of each layer

FORGET_BIAS = 1.0


def dense(take: Take, name: str) -> nn.Linear:
    kernel = take(f"{name}/kernel")  # (in, out)
    inputs, outputs = kernel.shape
    linear = nn.Linear(inputs, outputs, device="meta")  # its own weights are never allocated
    linear.load_state_dict(
        {"weight": _copy(kernel.T), "bias": _copy(take(f"{name}/bias"))}, assign=True
    )
    return linear


def lstm(take: Take, *cells: Cell) -> nn.LSTM:
    """One layer; with two cells, the second reads backwards."""
    inputs, width = cells[0].inputs, cells[0].width
    layer = nn.LSTM(inputs, width, batch_first=True, bidirectional=len(cells) == 2, device="meta")
    weights = {}
    for cell, suffix in zip(cells, ("", "_reverse"), strict=False):
        kernel = _torch_gates(take(f"{cell.name}/kernel").T)  # (4H, in + H)
        bias = _torch_gates(take(f"{cell.name}/bias"))  # (4H,)
        bias[width : 2 * width] += FORGET_BIAS
        weights[f"weight_ih_l0{suffix}"] = kernel[:, :inputs].contiguous()
        weights[f"weight_hh_l0{suffix}"] = kernel[:, inputs:].contiguous()
        weights[f"bias_ih_l0{suffix}"] = bias
        weights[f"bias_hh_l0{suffix}"] = torch.zeros_like(bias)
    layer.load_state_dict(weights, assign=True)
    return layer


def _copy(values: Tensor) -> Tensor:
    """A copy of its own: a variable may lie in a file that is closed after loading."""
    return values.clone(memory_format=torch.contiguous_format)


def _torch_gates(rows: Tensor) -> Tensor:
    """Rows in the order i, j, f, o to a copy in the order i, f, g, o (g is j)."""
    i, j, f, o = rows.chunk(4)
    return torch.cat([i, f, j, o])


def last_states(layers: Sequence[nn.LSTM], inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
    """(M, T, in) through bidirectional layers to (M, 2H): what each direction saw last.

    That is step length - 1 forwards and step 0 backwards; with `lengths` (M,) the backward pass
    starts at the last valid step, in every layer.
    """
    outputs = inputs
    if lengths is not None:
        outputs = pack_padded_sequence(  # type: ignore[assignment]  # an LSTM takes either
            inputs, lengths.cpu(), batch_first=True, enforce_sorted=False
        )
    for layer in layers:
        outputs, (hidden, _) = layer(outputs)  # (M, T, 2H)
    return torch.cat([hidden[0], hidden[1]], dim=-1)  # (M, 2H)


class Stack(nn.Module):
    """LSTM layers over each other that start from an embedding: a conductor, or a decoder."""

    def __init__(self, take: Take, initial_state: str, cells: Sequence[Cell]) -> None:
        super().__init__()
        self.widths = [cell.width for cell in cells]
        self.initial_state = dense(take, initial_state)
        self.layers = nn.ModuleList(lstm(take, cell) for cell in cells)

    def start(self, embedding: Tensor) -> State:
        """(M, E) to the state before the first step."""
        flat = torch.tanh(self.initial_state(embedding))  # (M, 2 sum H)
        states = iter(torch.split(flat, [width for width in self.widths for _ in "ch"], dim=-1))
        return [(hidden, cell) for cell, hidden in zip(states, states, strict=True)]  # c before h

    def forward(self, inputs: Tensor, state: State) -> Tensor:
        """All steps at once: (M, S, in) to (M, S, H)."""
        outputs = inputs
        for layer, (hidden, cell) in zip(self.layers, state, strict=True):
            outputs, _ = layer(outputs, (hidden[None].contiguous(), cell[None].contiguous()))
        return outputs

    def step(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """One step: (M, in) to (M, H), and the state after it."""
        after: State = []
        outputs = inputs
        for layer, before in zip(self.layers, state, strict=True):
            outputs, cell = torch.lstm_cell(outputs, before, *layer.parameters())
            after.append((outputs, cell))
        return outputs, after
