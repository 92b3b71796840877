"""Nothing but joins, back to back: the end of a piece, the bridge, the beginning of the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle

import numpy as np

from generators.music import PARTS, STEPS_PER_BAR, Piece, Trio
from renderer.balance import Balance
from renderer.balancer import Balancer
from renderer.mastering import Master
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.player import Player
from renderer.score import frames_of
from renderer.synth import Synth
from station.rehearsal import Join

AROUND_BARS = 4  # heard of each piece
BLOCK_FRAMES = SAMPLE_RATE_HZ // 2


def reel(
    joins: Sequence[Join], make_synth: Callable[[], Synth], balancer: Balancer
) -> Iterator[np.ndarray]:
    """The joins as they sound on air, a bar of rest between them: blocks of float32 (frames, 2).

    Raises:
        SynthError, SoundFontError: they cannot be played.
    """
    clips = [clip for join in joins for clip in _clips(join, balancer)]
    balances = {id(piece): balance for piece, balance in clips}
    left = reel_frames(joins)
    pieces = cycle(piece for piece, _ in clips)  # the player reaches a little beyond the end
    synth, master = make_synth(), Master()
    late = master.delay_frames
    try:
        player = Player(synth, partial(next, pieces), lambda piece: balances[id(piece)])
        while left > 0:
            samples = master.process(player.render(BLOCK_FRAMES).samples)[late:][:left]
            late = max(0, late - BLOCK_FRAMES)
            left -= len(samples)
            yield samples
    finally:
        synth.close()


def reel_frames(joins: Sequence[Join]) -> int:
    """How long all of it is."""
    return sum(frames_of(piece) for join in joins for piece in _pieces(join))


def excerpt(piece: Piece, first: int, last: int) -> Piece:
    """Some bars of a piece whose tempo holds still, from `first` up to and without `last`.

    A note that was struck before is not heard.
    """
    begin, end = first * STEPS_PER_BAR, last * STEPS_PER_BAR
    parts = {
        part: tuple(
            replace(note, start=note.start - begin, end=min(note.end, end) - begin)
            for note in getattr(piece.trio, part)
            if begin <= note.start < end
        )
        for part in PARTS
    }
    return replace(piece, trio=Trio(**parts, steps=end - begin), bars=piece.bars[first:last])


def _pieces(join: Join) -> Iterator[Piece]:
    """What is heard of a join, and a bar of rest."""
    bars = join.old.trio.steps // STEPS_PER_BAR
    yield excerpt(join.old, max(0, bars - AROUND_BARS), bars)
    if join.bridge is not None:
        yield join.bridge
    head = excerpt(join.new, 0, min(AROUND_BARS, join.new.trio.steps // STEPS_PER_BAR))
    yield head
    yield replace(head, trio=Trio((), (), (), STEPS_PER_BAR), bars=head.bars[:1])


def _clips(join: Join, balancer: Balancer) -> Iterator[tuple[Piece, Balance]]:
    """Each with the balance it has in the whole programme."""
    old, new = balancer.measure(join.old), balancer.measure(join.new)
    balances = [old.excerpt(slice(-AROUND_BARS, None))]
    if join.bridge is not None:
        balances.append(balancer.measure(join.bridge))
    balances.append(new.excerpt(slice(AROUND_BARS)))
    balances.append(new.excerpt(slice(1)))
    yield from zip(_pieces(join), balances, strict=True)
