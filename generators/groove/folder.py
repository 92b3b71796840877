"""A trained groove model as a folder, in TensorFlow's names and layout: loaded as Magenta's are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from generators.magenta.decoder import CoreDecoder
from generators.magenta.importing import FAMILY
from generators.magenta.model import MagentaVAE
from generators.magenta.recurrent import FORGET_BIAS
from generators.magenta.variables import (
    MU,
    SIGMA,
    Cell,
    decoder_cells,
    decoder_name,
    encoder_layers,
)
from generators.weights import DESCRIPTION, WEIGHTS


def save_groove(model: MagentaVAE, path: Path, facts: Mapping[str, Any]) -> str:
    """Write a model folder; what stood there before is replaced in one move a file.

    Returns:
        The sha256 of the weights.
    """
    path.mkdir(parents=True, exist_ok=True)
    data = save({name: tensor.detach().contiguous() for name, tensor in variables(model)})
    sha256 = hashlib.sha256(data).hexdigest()
    description = {
        "family": FAMILY,
        "config": asdict(model.config),
        "sha256": sha256,
        "facts": dict(facts),
    }
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    for name, content in ((WEIGHTS, data), (DESCRIPTION, text.encode())):
        partial = path / f"{name}.partial"
        partial.write_bytes(content)
        partial.replace(path / name)
    return sha256


def variables(model: MagentaVAE) -> Iterator[tuple[str, Tensor]]:
    """The variables that `MagentaVAE.from_variables` makes this flat model of again."""
    config, encoder = model.config, model.encoder
    decoder: CoreDecoder = model.decoders[0]  # type: ignore[assignment]  # all are CoreDecoders
    assert encoder is not None
    assert encoder.sigma is not None
    for cells, layer in zip(encoder_layers(config), encoder.layers, strict=True):
        for cell, suffix in zip(cells, ("", "_reverse"), strict=True):
            yield from _cell(cell, layer, suffix)
    yield from _dense(MU, encoder.mu)
    yield from _dense(SIGMA, encoder.sigma)
    name = decoder_name(config, 0)
    yield from _dense(f"{name}/z_to_initial_state", decoder.stack.initial_state)
    for cell, layer in zip(decoder_cells(config, 0), decoder.stack.layers, strict=True):
        yield from _cell(cell, layer, "")
    yield from _dense(f"{name}/output_projection", decoder.projection)


def _dense(name: str, linear: nn.Linear) -> Iterator[tuple[str, Tensor]]:
    yield f"{name}/kernel", linear.weight.T
    yield f"{name}/bias", linear.bias


def _cell(cell: Cell, layer: Any, suffix: str) -> Iterator[tuple[str, Tensor]]:
    inputs, hidden, input_bias, hidden_bias = (
        getattr(layer, f"{kind}_l0{suffix}")
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    bias = _tensorflow_gates(input_bias + hidden_bias)
    bias[2 * cell.width : 3 * cell.width] -= FORGET_BIAS
    yield f"{cell.name}/kernel", _tensorflow_gates(torch.cat([inputs, hidden], dim=1)).T
    yield f"{cell.name}/bias", bias


def _tensorflow_gates(rows: Tensor) -> Tensor:
    """Rows in PyTorch's order i, f, g, o to a copy in TensorFlow's, i, j, f, o (j is g)."""
    i, f, g, o = rows.detach().chunk(4)
    return torch.cat([i, g, f, o])
