"""The players of bench/clients.py: how each is started, and what it is known to say."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SAMPLE_RATE_HZ = 48_000
BYTES_PER_SECOND = SAMPLE_RATE_HZ * 2 * 2  # 16 bits, stereo: what every player is made to give
MOST_BEHIND_SECONDS = 4.0  # to start, and what a player keeps in its buffers; the burst is more
NOBODY = 65_534  # VLC refuses to run as root


@dataclass(frozen=True, slots=True)
class Program:
    """A player that decodes to a pipe."""

    command: str  # URL is filled in, and OUT: where the sound goes; without it, standard output
    mounts: tuple[str, ...]  # the formats it plays, HLS too
    as_nobody: bool = False
    known: str = r"(?!)"  # lines that say nothing is wrong; docs/clients.md says why


EVERY = ("mp3", "opus", "opus-tagged", "aac", "flac", "hls")
# libav reads the header of fMP4 again with each playlist, and says so.
_MOOV_AGAIN = r"Found duplicated MOOV Atom|Last message repeated"
_MPV = "mpv --no-config --no-video --msg-level=all=warn --audio-format=s16 --ao=pcm"
_VLC = "cvlc -q --no-color --intf dummy --aout afile --audiofile-format s16 --no-audiofile-wav"
PROGRAMS = {
    "ffmpeg": Program(
        f"ffmpeg -nostdin -v warning -i URL -ac 2 -ar {SAMPLE_RATE_HZ} -f s16le pipe:1",
        EVERY,
        known=_MOOV_AGAIN,
    ),
    "mpg123": Program("mpg123 -q -s URL", ("mp3",)),
    "mpv": Program(
        f"{_MPV} --ao-pcm-waveheader=no --ao-pcm-file=OUT URL",
        EVERY,
        # Where a link of the tagged Opus ends, and at the first page of FLAC, time jumps.
        known=rf"{_MOOV_AGAIN}|Linearizing discontinuity|Invalid audio PTS",
    ),
    "VLC": Program(
        f"{_VLC} --audiofile-channels 2 --audiofile-file OUT URL",
        EVERY,
        as_nobody=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Played:
    """What one client made of one mount."""

    client: str
    mount: str
    heard_seconds: float
    wall_seconds: float
    wrong: tuple[str, ...] = ()
    known: int = 0  # lines that mean nothing
    joins: int = 1

    @property
    def behind_seconds(self) -> float:
        return max(0.0, self.wall_seconds - self.heard_seconds)

    @property
    def passed(self) -> bool:
        return not self.wrong and self.behind_seconds < MOST_BEHIND_SECONDS * self.joins


async def play(name: str, mount: str, url: str, seconds: float) -> Played:
    """Let a program play for `seconds`; it is killed then."""
    program = PROGRAMS[name]
    read, write = os.pipe()
    sound = asyncio.create_task(_count(read))
    with tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory() as home:
        options: dict[str, Any] = {}
        if program.as_nobody and os.getuid() == 0:
            os.fchown(write, NOBODY, NOBODY)  # it opens the pipe anew, by its name
            os.chown(home, NOBODY, NOBODY)
            options = {"user": NOBODY, "group": NOBODY}
        words = program.command.split()
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(word.replace("OUT", f"/dev/fd/{write}").replace("URL", url) for word in words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said if "OUT" in program.command else write,
            stderr=said,
            pass_fds=(write,),
            env={**os.environ, "HOME": home},
            **options,
        )
        os.close(write)
        ended, _ = await asyncio.wait([asyncio.create_task(process.wait())], timeout=seconds)
        if not ended:
            process.kill()
            await process.wait()
        wall = time.monotonic() - began
        heard = await sound / BYTES_PER_SECOND
        said.seek(0)
        lines = [line for line in said.read().decode(errors="replace").splitlines() if line]
    wrong = [line for line in lines if not re.search(program.known, line)]
    known = len(lines) - len(wrong)
    if ended:
        wrong.append(f"ended by itself after {wall:.0f} s")
    return Played(name, mount, heard, wall, tuple(wrong), known)


async def join_again(name: str, mount: str, url: str, seconds: float, each: float) -> Played:
    """Join anew all the time, for `each` seconds."""
    deadline = time.monotonic() + seconds
    rounds = [await play(name, mount, url, each)]
    while time.monotonic() + each < deadline:
        rounds.append(await play(name, mount, url, each))
    wrong = [line for one in rounds for line in one.wrong]
    wrong += ["a join without sound" for one in rounds if not one.heard_seconds]
    return Played(
        f"{name}, joining",
        mount,
        sum(one.heard_seconds for one in rounds),
        sum(one.wall_seconds for one in rounds),
        tuple(wrong),
        sum(one.known for one in rounds),
        len(rounds),
    )


def installed(names: Iterable[str]) -> list[str]:
    return [name for name in names if shutil.which(PROGRAMS[name].command.split()[0])]


async def _count(descriptor: int) -> int:
    """Bytes until the other end is closed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    total = 0
    while data := await reader.read(1 << 16):
        total += len(data)
    return total
