"""Hours of sound into one file as they come: nothing is held but the block at hand.

A file has its name only when it is whole; until then it ends in `.partial`. `Sending` gives the
same bytes to who cannot wait for that. Equal sound gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from renderer.errors import EncoderError
from renderer.frames import audio_frame
from renderer.marks import MARKS, in_libav
from renderer.pcm import SAMPLE_RATE_HZ, in_16_bits

PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file is made: by whom, in which box, from which samples."""

    codec: str
    container: str
    sample_format: str
    bitrate_kbps: int | None = None  # None loses nothing
    options: Mapping[str, str] = field(default_factory=dict)  # of the container


# By the suffix of the file.
KINDS = {
    "flac": Kind("flac", "flac", "s16"),
    "wav": Kind("pcm_s16le", "wav", "s16", options={"rf64": "auto"}),  # or it ends at 4 GB
    "mp3": Kind("libmp3lame", "mp3", "fltp", 192),
    "ogg": Kind("libopus", "ogg", "flt", 128),
    "opus": Kind("libopus", "ogg", "flt", 128),
}


class Pipe:
    """What a container writes into where there is no way back."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        """What came since the last time."""
        data = bytes(self._data)
        self._data.clear()
        return data


class _Track:
    """Sound going into one container."""

    def __init__(
        self, kind: Kind, target: str | Pipe, name: str, *, title: str, artist: str
    ) -> None:
        self.frames = 0  # that went in
        self._kind = kind
        self._name = name
        # No version and no random serial number in the file.
        options = {"fflags": "+bitexact", **kind.options}
        if isinstance(target, Pipe):
            options["flush_packets"] = "1"
        try:
            self._container = av.open(target, "w", format=kind.container, container_options=options)
            stream = self._container.add_stream(
                kind.codec, rate=SAMPLE_RATE_HZ, layout="stereo", options={"flags": "+bitexact"}
            )
            assert isinstance(stream, av.AudioStream)
            self._stream = stream
            self._stream.format = kind.sample_format
            if kind.bitrate_kbps is not None:
                self._stream.bit_rate = kind.bitrate_kbps * 1000
            tags = {"title": title, "artist": artist, **in_libav(MARKS)}
            self._container.metadata.update(tags)
            self._container.start_encoding()
        except (av.FFmpegError, OSError) as error:
            raise EncoderError(f"cannot write {self._name}: {error.strerror or error}") from error

    def write(self, samples: np.ndarray) -> None:
        frame = audio_frame(self._in_its_format(samples), self.frames)
        self.frames += len(samples)
        self._mux(frame)

    def finish(self) -> None:
        """Write what is still inside. A file is told at its start how long it became."""
        self._mux(None)
        self.close()

    def close(self) -> None:
        """Without the rest, when it is not finished."""
        self._container.close()

    def _in_its_format(self, samples: np.ndarray) -> np.ndarray:
        """Whole numbers or not; libavcodec's own resampler makes them planar."""
        if self._kind.sample_format != "s16":
            return samples.astype(np.float32, copy=False)
        return in_16_bits(samples)

    def _mux(self, frame: av.AudioFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise EncoderError(f"cannot write {self._name}: {error.strerror or error}") from error


class Recording:
    """A file that grows. Use it in a `with`: it is kept unless an exception goes through."""

    def __init__(self, path: Path, *, title: str, artist: str) -> None:
        """
        Raises:
            EncoderError: the name has no known suffix, or the file cannot be written.
        """
        kind = KINDS.get(path.suffix.lstrip(".").lower())
        if kind is None:
            names = ", ".join(f".{name}" for name in KINDS)
            raise EncoderError(f"cannot tell what to make from {path.name!r}: end it in {names}")
        self.path = path
        self._partial = path.with_name(path.name + PARTIAL)
        self._track = _Track(kind, str(self._partial), str(path), title=title, artist=artist)

    @property
    def seconds(self) -> float:
        """Recorded so far."""
        return self._track.frames / SAMPLE_RATE_HZ

    def write(self, samples: np.ndarray) -> None:
        """Append float32 (frames, 2), -1..1.

        Raises:
            EncoderError: it could not be written.
        """
        self._track.write(samples)

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._track.close()
            self._partial.unlink(missing_ok=True)
            return
        self._track.finish()
        self._partial.replace(self.path)


class Sending:
    """The same as bytes for who listens meanwhile: nothing says how long it will be."""

    def __init__(self, kind: str, *, title: str, artist: str) -> None:
        """`kind`: one of KINDS.

        Raises:
            EncoderError: it does not start.
        """
        self._pipe = Pipe()
        self._track = _Track(KINDS[kind], self._pipe, f"{kind} sound", title=title, artist=artist)

    def write(self, samples: np.ndarray) -> bytes:
        """Take float32 (frames, 2), -1..1; give what is ready, which may be nothing.

        Raises:
            EncoderError: the encoder stopped.
        """
        self._track.write(samples)
        return self._pipe.take()

    def finish(self) -> bytes:
        """The rest."""
        self._track.finish()
        return self._pipe.take()

    def close(self) -> None:
        """Without the rest. After `finish`, nothing."""
        self._track.close()
