"""How a folded network multiplies: float32, bfloat16, or int8 where the machine has it.

All three promise the same: a row's results do not depend on the rows beside it, so that bars
decoded together and bars decoded one after the other come out equal, to the bit. Floating point
sums may round otherwise in a matrix of another height, so there rows are worked in blocks of one
fixed height. Sums of whole numbers are exact in any order and at any height: int8 needs no blocks.

A hidden state of an LSTM lies between -1 and 1, so its eight bits need no calibration and no
clamping: `round(127 h)`. Weights have a scale a column. What is summed in 32 bits is scaled back
to float32 at once; the gates, the states and the logits are float32 in all three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import torch
from torch import Tensor

Precision = Literal["float32", "bfloat16", "int8"]

CPU_BLOCK_ROWS = 16  # of floating point: the bars of one piece
CUDA_BLOCK_ROWS = 2_048
INT8_BLOCK_ROWS = 128  # more get no cheaper a row, and their gates leave the cache
INT8_ENOUGH_ROWS = 16
VECTOR = 32  # floats that torch's loops take at once on the widest machine; a rest goes one by one

Product = Callable[[Tensor, Tensor | None], Tensor]


class Arithmetic(Protocol):
    """One way to multiply."""

    precision: Precision
    device: torch.device
    most_rows: int  # that a block may have
    enough_rows: int  # from which on more rows at once are hardly cheaper a row

    def height(self, rows: int) -> int:
        """What a block of `rows` rows is padded to: `rows` or a little more."""

    def carry(self, hidden: Tensor) -> Tensor:
        """A hidden state (M, K), float32 within -1..1, as the products take it."""

    def product(self, weights: Tensor, bias: Tensor | None = None) -> Product:
        """Make `weights` (K, N) ready: the product takes carried rows (M, K) to float32 (M, N).

        Its second argument, a float32 (M, N) that is lost, is added.
        """


class Floating:
    """Products in float32 or bfloat16, in blocks of one height."""

    def __init__(
        self,
        precision: Literal["float32", "bfloat16"],
        device: torch.device,
        widths: Sequence[int] = (),
    ) -> None:
        self.precision: Precision = precision
        self.device = device
        rows = CUDA_BLOCK_ROWS if device.type == "cuda" else CPU_BLOCK_ROWS
        self.most_rows = _whole_vectors(rows, widths)
        self.enough_rows = self.most_rows
        self._dtype = torch.float32 if precision == "float32" else torch.bfloat16
        self._packs = device.type == "cpu" and _has_onednn()

    def height(self, rows: int) -> int:
        return self.most_rows

    def carry(self, hidden: Tensor) -> Tensor:
        return hidden.to(self._dtype)

    def product(self, weights: Tensor, bias: Tensor | None = None) -> Product:
        ready = weights.to(self.device, self._dtype)
        offset = None if bias is None else bias.to(self.device, torch.float32)
        if self._packs:  # laid out as oneDNN reads it: half the time
            ready = torch.ops.mkldnn._reorder_linear_weight(ready.T.contiguous(), self.most_rows)
        else:
            ready = ready.contiguous()

        def multiply(rows: Tensor, added: Tensor | None) -> Tensor:
            if self._packs:
                found = torch.ops.mkldnn._linear_pointwise(rows, ready, None, "none", [], "")
            else:
                found = rows @ ready
            found = found.float()
            if offset is not None:
                found += offset
            return found if added is None else added.add_(found)

        return multiply


class Whole:
    """Products of whole numbers, eight bits by eight bits, by oneDNN on a CPU."""

    precision: Precision = "int8"
    device = torch.device("cpu")
    most_rows = INT8_BLOCK_ROWS
    enough_rows = INT8_ENOUGH_ROWS

    def __init__(self, widths: Sequence[int]) -> None:
        self._widths = widths

    def height(self, rows: int) -> int:
        return _whole_vectors(rows, self._widths)

    def carry(self, hidden: Tensor) -> Tensor:
        signed = (hidden * 127).round_().to(torch.int8)
        return signed.view(torch.uint8).bitwise_xor_(128)  # + 128: the processor takes u8 by s8

    def product(self, weights: Tensor, bias: Tensor | None = None) -> Product:
        step = weights.abs().amax(dim=0).clamp_min(1e-12) / 127  # (N,)
        whole = (weights / step).round().to(torch.int8)
        ready = torch.ops.onednn.qlinear_prepack(whole.T.contiguous(), None)
        matrix = (ready, step, torch.zeros(len(step), dtype=torch.int64))
        scale = (1 / 127, 128)  # of the rows: h = (u - 128) / 127
        result = (1.0, 0, torch.float32)

        def multiply(rows: Tensor, added: Tensor | None) -> Tensor:
            found: Tensor
            if added is None:
                found = torch.ops.onednn.qlinear_pointwise(
                    rows, *scale, *matrix, bias, *result, "none", [], ""
                )
            else:
                found = torch.ops.onednn.qlinear_pointwise.binary(
                    rows, *scale, *matrix, added, bias, *result, 1.0, 0, "sum", 1.0, "none", [], ""
                )
            return found

        return multiply


def arithmetic(precision: Precision, device: torch.device, widths: Sequence[int]) -> Arithmetic:
    """The way to multiply at `precision` for layers of these widths."""
    return Whole(widths) if precision == "int8" else Floating(precision, device, widths)


def fast_precision(device: torch.device) -> Precision:
    """int8 on a CPU that multiplies it in hardware, then bfloat16, then float32.

    Without VNNI, int8 products are summed in 16 bits, which overflow.
    """
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if device.type != "cpu" or not _has_onednn():
        return "float32"
    if torch.cpu._is_vnni_supported():
        return "int8"
    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"


def _whole_vectors(rows: int, widths: Sequence[int]) -> int:
    """`rows` or a few more, so that layers of these widths leave no element to another routine."""
    multiple = VECTOR // math.gcd(VECTOR, *widths)
    return -(-rows // multiple) * multiple


def _has_onednn() -> bool:
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # torch leaves it untyped
