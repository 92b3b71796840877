"""Rows of tensors, worked in blocks of the heights that an arithmetic names."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from generators.magenta.arithmetic import Arithmetic


def in_blocks(arithmetic: Arithmetic, function: Callable[..., Tensor], *columns: Tensor) -> Tensor:
    """`function` of all rows of `columns`, each (M, ...), to its rows (M, ...).

    It must give a row the same whatever the rows beside it.
    """
    rows = len(columns[0])
    found = []
    for start in range(0, rows, arithmetic.most_rows):
        block = slice(start, min(start + arithmetic.most_rows, rows))
        filled = block.stop - start
        height = arithmetic.height(filled)
        found.append(function(*(_padded(column[block], height) for column in columns))[:filled])
    return torch.cat(found)


def _padded(column: Tensor, height: int) -> Tensor:
    """The last row again and again, so that the padding computes nothing unheard of."""
    missing = height - len(column)
    if not missing:
        return column.contiguous()
    return torch.cat([column, column[-1:].expand(missing, *column.shape[1:])])
