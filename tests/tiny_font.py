"""A sound font of a few kilobytes, written by hand: one looped sine under every preset.

Source: E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

RATE_HZ, PERIODS, PERIOD_FRAMES = 48_000, 100, 109  # about 440 Hz
FRAMES = PERIODS * PERIOD_FRAMES
INSTRUMENT, SAMPLE, LOOPED = 41, 53, 54  # generators
PIANO_AND_DRUMS = ((0, 0), (128, 0))


def write_font(
    path: Path,
    presets: Sequence[tuple[int, int]] = PIANO_AND_DRUMS,
    *,
    loudness: float = 0.5,
    **info: str,
) -> Path:
    """A font with these (bank, program) presets; `info` by chunk: INAM, ICOP, IENG, ICMT."""
    texts = {"ifil": struct.pack("<HH", 2, 1)}
    for name, text in ({"isng": "EMU8000", "INAM": "Tiny"} | info).items():
        texts[name] = text.encode("latin-1") + bytes(2 - len(text) % 2)  # an even length, a zero
    wave = loudness * np.sin(2 * np.pi * np.arange(FRAMES) / PERIOD_FRAMES)
    samples = (32_767 * wave).astype("<i2").tobytes() + bytes(2 * 46)
    lists = {
        "INFO": b"".join(_chunk(name, data) for name, data in texts.items()),
        "sdta": _chunk("smpl", samples),
        "pdta": b"".join(_chunk(name, data) for name, data in _tables(presets).items()),
    }
    body = b"".join(_chunk("LIST", kind.encode() + data) for kind, data in lists.items())
    path.write_bytes(_chunk("RIFF", b"sfbk" + body))
    return path


def _tables(presets: Sequence[tuple[int, int]]) -> dict[str, bytes]:
    """Every preset has one zone with the one instrument; that has one with the one sample."""
    count = len(presets)
    headers = [_preset(f"P{i}", program, bank, i) for i, (bank, program) in enumerate(presets)]
    bags = [struct.pack("<HH", i, 0) for i in range(count + 1)]
    ends = (FRAMES, PERIOD_FRAMES, FRAMES - PERIOD_FRAMES)  # of the sample, and of its loop
    return {
        "phdr": b"".join([*headers, _preset("EOP", 0, 0, count)]),
        "pbag": b"".join(bags),
        "pmod": bytes(10),
        "pgen": struct.pack("<HH", INSTRUMENT, 0) * count + bytes(4),
        "inst": struct.pack("<20sH20sH", b"Sine", 0, b"EOI", 1),
        "ibag": struct.pack("<4H", 0, 0, 2, 0),
        "imod": bytes(10),
        "igen": struct.pack("<4H", LOOPED, 1, SAMPLE, 0) + bytes(4),
        "shdr": struct.pack("<20s5IBbHH", b"Sine", 0, *ends, RATE_HZ, 69, 0, 0, 1)
        + struct.pack("<20s26x", b"EOS"),
    }


def _preset(name: str, program: int, bank: int, bag: int) -> bytes:
    return struct.pack("<20sHHH12x", name.encode(), program, bank, bag)


def _chunk(name: str, data: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
