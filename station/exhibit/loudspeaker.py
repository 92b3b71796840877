"""What the room's loudspeakers get: the broadcast in its time, at the room's gain, without a click.

The ring is written by one thread and read by another; the playhead says where. Nothing here waits.
"""

from __future__ import annotations

import numpy as np

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from station.exhibit.card_wire import Gain, Sound
from station.exhibit.playhead import Playhead
from station.exhibit.ring import Ring

CHUNK_FRAMES = 960  # 20 ms: a fade in and out of the sound is as long
FADE_SECONDS = 0.15  # from silence to full, however fast somebody turns


class Loudspeaker:
    def __init__(self, delay_seconds: float) -> None:
        """What goes on air is heard so much later."""
        self.playhead = Playhead(delay_seconds)
        self._ring = Ring()
        self._wanted_gain = 0.0
        self._gain = 0.0
        self.is_leaving = False
        self.is_silent = True  # the last chunk was

    def hear(self, message: Sound | Gain) -> None:
        """Take what goes on air, or another gain."""
        if isinstance(message, Gain):
            self._wanted_gain = message.gain
            return
        self._ring.write(message.position, message.samples)
        self.playhead.due(message.position, message.due)

    def leave(self) -> None:
        """Nothing more will come: fade out."""
        self.is_leaving = True

    def next(self, heard_at: float) -> np.ndarray:
        """The next chunk, float32 (CHUNK_FRAMES, 2), of which the first frame is heard then."""
        gain = self._next_gain()
        ring = self._ring
        # The end first: what is written meanwhile only takes away at the beginning.
        end = ring.end
        stretch = self.playhead.next(CHUNK_FRAMES, heard_at, ring.begin, end)
        self.is_silent = stretch is None or not gain.any()
        if stretch is None:
            return np.zeros((CHUNK_FRAMES, CHANNELS), np.float32)
        samples = ring.read(stretch.position, stretch.step, CHUNK_FRAMES)
        if stretch.fade is not None:
            gain = gain * (RISE if stretch.fade == "in" else RISE[::-1])
        found: np.ndarray = samples * gain[:, None]
        return found

    def _next_gain(self) -> np.ndarray:
        """Float32 (CHUNK_FRAMES,): a line towards the wanted gain, no steeper than a fade."""
        wanted = 0.0 if self.is_leaving else self._wanted_gain
        most = CHUNK_FRAMES / (FADE_SECONDS * SAMPLE_RATE_HZ)
        before = self._gain
        self._gain = before + min(most, max(-most, wanted - before))
        line = np.linspace(before, self._gain, CHUNK_FRAMES + 1, dtype=np.float32)
        return line[1:]


RISE = (0.5 - 0.5 * np.cos(np.pi * np.arange(CHUNK_FRAMES) / CHUNK_FRAMES)).astype(np.float32)
