"""Where each part sits: its channel, how loud, how far to the side, how much room.

Two pieces never share channels: odd ones play 16 channels higher, so that the tail of a piece
rings on with its own instrument while the next one plays.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS_PER_BANK = 16
BANKS = 2

VOLUME, PAN, REVERB = 7, 10, 91  # MIDI controller numbers


@dataclass(frozen=True, slots=True)
class Strip:
    """One part at the mixing desk. All but the channel are 0..127."""

    channel: int  # within a bank of 16
    volume: int
    pan: int  # 64 is the middle, 127 the right
    reverb: int

    @property
    def controls(self) -> tuple[tuple[int, int], ...]:
        """(controller, value) as a synth or a MIDI file takes them."""
        return ((VOLUME, self.volume), (PAN, self.pan), (REVERB, self.reverb))


MIX = {
    "melody": Strip(channel=0, volume=108, pan=76, reverb=44),
    "bass": Strip(channel=1, volume=102, pan=64, reverb=12),
    "drums": Strip(channel=9, volume=108, pan=64, reverb=28),
}
