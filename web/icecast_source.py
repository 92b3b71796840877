"""How a source client speaks to an Icecast: one request that never ends, and one a title.

Sources: "Icecast 2.4 Docs, Source Client" (`PUT`, `Expect: 100-continue`, `Ice-*` headers) and its
admin interface (`/admin/metadata`). Icecast reads the body as it comes: it is not chunked.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from aiohttp import ClientError, ClientSession

CONNECT_SECONDS = 10.0  # until it has said yes or no
WORDS_SECONDS = 1.0  # for the rest of what it says when it says no
MOST_HEAD_BYTES = 16 * 1024
AUTHENTICATION_REQUIRED = 401


class RefusedError(Exception):
    """An Icecast does not take our stream; `status` is its answer's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Target:
    """A mount of an Icecast, and who we are there."""

    url: str  # http://host:8000/mount.mp3
    user: str
    password: str = field(repr=False)

    @property
    def address(self) -> str:
        """To be shown to anybody: without a query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def path(self) -> str:
        return quote(urlsplit(self.url).path, safe="/%")


@dataclass(frozen=True, slots=True)
class Sound:
    """What an Icecast is told of the stream."""

    mime_type: str
    bitrate_kbps: int
    name: str
    description: str
    genre: str
    public: bool

    @property
    def has_titles_inside(self) -> bool:
        """An Ogg stream's are its own; of any other Icecast must be told."""
        return self.mime_type.endswith("/ogg")


def request(target: Target, sound: Sound) -> bytes:
    """The head of the request; sound follows it, once the Icecast has said yes."""
    headers = {
        "Host": urlsplit(target.url).netloc,
        "Authorization": target.authorization,
        "User-Agent": "Latent FM",
        "Content-Type": sound.mime_type,
        "Expect": "100-continue",
        "Ice-Name": sound.name,
        "Ice-Description": sound.description,
        "Ice-Genre": sound.genre,
        "Ice-Public": str(int(sound.public)),
        "Ice-Bitrate": str(sound.bitrate_kbps),
        "Ice-Audio-Info": f"ice-samplerate=48000;ice-channels=2;ice-bitrate={sound.bitrate_kbps}",
    }
    lines = [f"PUT {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


async def connect(
    target: Target, sound: Sound
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that an Icecast takes sound on.

    Raises:
        RefusedError: it said no.
        OSError: there is no connection to it, or it said nothing in time.
    """
    parts = urlsplit(target.url)
    tls = parts.scheme == "https"
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port or (443 if tls else 80), ssl=tls or None
        )
        try:
            writer.write(request(target, sound))
            await _accepted(reader)
        except BaseException:
            writer.close()
            raise
    return reader, writer


async def _accepted(reader: asyncio.StreamReader) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ConnectionError("what answers there is no Icecast") from error
    line = head.split(b"\r\n")[0].decode(errors="replace")
    version, _, answer = line.partition(" ")
    if not version.startswith("HTTP/") or not answer[:3].isdecimal():
        raise ConnectionError(f"what answers there is no Icecast: {line[:80]!r}")
    status = int(answer[:3])
    if status not in (100, 200):
        raise RefusedError(status, await _why(reader, answer))


async def _why(reader: asyncio.StreamReader, answer: str) -> str:
    """Icecast says in a line of text why, after the status."""
    words = b""
    try:
        async with asyncio.timeout(WORDS_SECONDS):
            words = await reader.read(200)
    except (TimeoutError, ConnectionError):
        pass
    said = " ".join(words.decode(errors="replace").split())
    if answer.startswith(str(AUTHENTICATION_REQUIRED)):
        return f"it answers {answer}: are user and password right?"
    return f"it answers {answer}: {said}" if said else f"it answers {answer}"


async def tell_title(http: ClientSession, target: Target, title: str) -> str | None:
    """From here on it is called `title`; what was wrong, or None."""
    parts = urlsplit(target.url)
    parameters = {"mode": "updinfo", "mount": parts.path, "song": title, "charset": "UTF-8"}
    try:
        async with http.get(
            f"{parts.scheme}://{parts.netloc}/admin/metadata",
            params=parameters,
            headers={"Authorization": target.authorization},
        ) as answer:
            return None if answer.status == 200 else f"it answers {answer.status} {answer.reason}"
    except (ClientError, TimeoutError) as error:
        return str(error) or type(error).__name__
