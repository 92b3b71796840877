"""What can go wrong between notes and bytes.

RenderError
├── SoundFontError      the file is missing, not a sound font, cut short, or has no such preset
├── LibraryError        the library has no such font, or does not take one
├── SynthError          FluidSynth is not installed, or stopped giving sound
├── EncoderError        an encoder could not be started, or stopped taking sound
└── FramingError        the bytes are not what their format promises
"""

from __future__ import annotations

from pathlib import Path


class RenderError(Exception):
    """Base of every error the renderer raises on purpose."""


class SoundFontError(RenderError):
    """Carries the path, so that a page or a log line can name it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"cannot use sound font {path}: {reason}. Set [renderer] soundfont in station.toml."
        )
        self.path = path
        self.reason = reason


class LibraryError(RenderError):
    """The library of sound fonts has no such font, or does not take one."""


class SynthError(RenderError):
    """FluidSynth is not installed, or stopped giving sound."""


class EncoderError(RenderError):
    """An encoder could not be started, or stopped taking sound."""


class FramingError(RenderError):
    """The bytes are not what their format promises."""
