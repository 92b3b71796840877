"""CUDA graphs: what a function of tensors launches, recorded once and replayed in one go."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

WARM_UPS = 2  # so that libraries choose their kernels before they are recorded


class Graphed:
    """A function of tensors of one shape each that launches hundreds of small kernels.

    Started one by one they take longer to start than to run. The function must not wait for the
    device, and must launch the same kernels whatever its arguments hold.
    """

    def __init__(self, function: Callable[..., Tensor]) -> None:
        self._function = function
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[Tensor, ...] = ()
        self._output: Tensor | None = None

    def __call__(self, *arguments: Tensor) -> Tensor:
        if self._graph is None:
            self._record(arguments)
        assert self._graph is not None
        assert self._output is not None
        for kept, argument in zip(self._inputs, arguments, strict=True):
            kept.copy_(argument)
        self._graph.replay()
        return self._output.clone()

    def _record(self, arguments: tuple[Tensor, ...]) -> None:
        self._inputs = tuple(argument.clone() for argument in arguments)
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                self._function(*self._inputs)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._output = self._function(*self._inputs)
        self._graph = graph


def graphed(function: Callable[..., Tensor], device: torch.device) -> Callable[..., Tensor]:
    """The function itself, but on CUDA as a graph."""
    return Graphed(function) if device.type == "cuda" else function
