"""ICY metadata: titles cut into an MP3 stream every `METAINT` bytes.

A block is one length byte (in sixteens) and as much text, padded with zeros; a single zero says
that the title still holds. Source: the SHOUTcast protocol as every player implements it.
"""

from __future__ import annotations

METAINT = 16_000  # bytes of sound between two blocks
MAX_TITLE_BYTES = 200


def title_block(title: str) -> bytes:
    """A metadata block, UTF-8; players end the text at the first `';`, so there is none inside."""
    clean = title.replace("'", "’").replace("\n", " ").encode()[:MAX_TITLE_BYTES]
    text = f"StreamTitle='{clean.decode(errors='ignore')}';".encode()
    sixteens = -(-len(text) // 16)
    return bytes([sixteens]) + text.ljust(16 * sixteens, b"\0")


class IcyStream:
    """The one stream that all ICY listeners of a mount share.

    Sound goes in with the title that is right at its first byte; out comes the same sound with
    blocks cut in. Whoever joins must join at a multiple of METAINT: see `behind`.
    """

    def __init__(self) -> None:
        self._sound_bytes = 0  # since the last block
        self._title: str | None = None  # as last sent

    @property
    def behind(self) -> int:
        """How many bytes of sound lie after the last block: a burst must end on as many."""
        return self._sound_bytes

    def cut(self, sound: bytes, title: str) -> bytes:
        """Sound of one title, with blocks where they are due."""
        out, at = [], 0
        while at < len(sound):
            if self._sound_bytes == METAINT:
                out.append(title_block(title) if title != self._title else b"\0")
                self._title, self._sound_bytes = title, 0
            take = min(METAINT - self._sound_bytes, len(sound) - at)
            out.append(sound[at : at + take])
            at += take
            self._sound_bytes += take
        return b"".join(out)
