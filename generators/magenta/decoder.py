"""Embeddings to notes: the decoder of one part of a trio, or of all that a flat model plays.

Letters: B rows, S steps that one state lasts, M rows times bars, E width of the embedding, D of
an output, C of the controls, R of a raw projection, H of the last layer; T steps, N bars and P
tokens a step of a whole piece.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from generators.magenta.config import MagentaConfig
from generators.magenta.heads import head
from generators.magenta.recurrent import Stack, State, Take, dense
from generators.magenta.variables import decoder_cells, decoder_depth, decoder_name


class CoreDecoder(nn.Module):
    """Hears an embedding, its own last output and perhaps controls; never the other parts."""

    def __init__(self, config: MagentaConfig, decoder: int, take: Take) -> None:
        super().__init__()
        name = decoder_name(config, decoder)
        self.depth = decoder_depth(config, decoder)  # D
        self.stack = Stack(take, f"{name}/z_to_initial_state", decoder_cells(config, decoder))
        self.projection = dense(take, f"{name}/output_projection")
        self.head = head(config, decoder, take)

    def start(self, embedding: Tensor) -> State:
        """(M, E) to the state before the first step; nothing of another bar's is in it."""
        return self.stack.start(embedding)

    def forward(self, previous: Tensor, embedding: Tensor, controls: Tensor) -> Tensor:
        """All steps: outputs before each (M, S, D), (M, E) and (M, S, C) to raw (M, S, R)."""
        # The embedding is in every step's input, not in the initial state only.
        every_step = embedding[:, None].expand(-1, previous.shape[1], -1)  # (M, S, E)
        inputs = torch.cat([previous, every_step, controls], dim=-1)  # (M, S, D + E + C)
        raw: Tensor = self.projection(self.stack(inputs, self.start(embedding)))  # (M, S, R)
        return raw

    def step(
        self, previous: Tensor, embedding: Tensor, controls: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """One step: (B, D), (B, E) and (B, C) to raw (B, R), and the state after it."""
        hidden, state = self.stack.step(torch.cat([previous, embedding, controls], dim=-1), state)
        return self.projection(hidden), state

    def play(
        self,
        embeddings: Tensor,
        controls: Tensor,
        bar_steps: int,
        temperature: float | None,
        uniforms: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Play bars (B, N, E), with controls (B, T, C) and uniforms (B, T, draws), step after step.

        Returns:
            Tokens (B, T, P), outputs (B, T, D) and raw projections (B, T, R).
        """
        output = embeddings.new_zeros(len(embeddings), self.depth)  # zeros, not class 0
        state: State = []
        played = []
        for step in range(controls.shape[1]):
            bar, place = divmod(step, bar_steps)
            if place == 0:  # the state is made anew; of the bar before, only its last output lives
                state = self.start(embeddings[:, bar])
            raw, state = self.step(output, embeddings[:, bar], controls[:, step], state)
            u = None if uniforms is None else uniforms[:, step]
            token, output = self.head.choose(raw, temperature, u)
            played.append((token, output, raw))
        tokens, outputs, logits = (torch.stack(each, dim=1) for each in zip(*played, strict=True))
        return tokens, outputs, logits
