"""What an operator can set of the broadcast: mounts, HLS, and Icecast servers to send to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from renderer.formats import FORMATS, parse_mount
from renderer.framing import MP3_KBPS
from station.section import Section


def _known_mount(name: str) -> str:
    parse_mount(name)
    return name


def _known_mp3_bitrate(kbps: int) -> int:
    if kbps not in MP3_KBPS:
        raise ValueError(f"MP3 is made with one of {', '.join(map(str, MP3_KBPS))} kbit/s")
    return kbps


class StreamSettings(Section):
    mounts: tuple[Annotated[str, AfterValidator(_known_mount)], ...] = Field(
        tuple(FORMATS),
        min_length=1,
        description="what is broadcast: formats, or with another bitrate in kbit/s: mp3-64",
    )
    mp3_bitrate_kbps: Annotated[int, AfterValidator(_known_mp3_bitrate)] = Field(
        128, description="of /stream.mp3"
    )
    opus_bitrate_kbps: int = Field(96, ge=16, le=256, description="of /stream.opus and its like")
    aac_bitrate_kbps: int = Field(128, ge=32, le=320, description="of /stream.aac and HLS")
    burst_seconds: float = Field(5.0, ge=0, le=30, description="what a new listener gets at once")
    max_backlog_seconds: float = Field(
        10.0, ge=2, le=60, description="a listener further behind than this is let go"
    )
    max_listeners: int = Field(5_000, ge=1, description="all mounts together; one more gets a 503")
    max_listeners_per_address: int = Field(
        100, ge=0, description="one more gets a 429; 0 for any; this machine itself may have more"
    )

    def bitrates_kbps(self) -> dict[str, int]:
        """Of each mount; of a lossless one about what it takes."""
        plain = {
            "mp3": self.mp3_bitrate_kbps,
            "opus": self.opus_bitrate_kbps,
            "aac": self.aac_bitrate_kbps,
        }
        kbps = {}
        for name in self.mounts:
            format, said = parse_mount(name)
            kbps[name] = said or plain.get(format.extension, format.bitrates_kbps[0])
        return kbps


class HlsSettings(Section):
    enabled: bool = Field(True, description="serve /hls/live.m3u8")
    segment_seconds: float = Field(4.0, ge=1, le=20, description="target length of a segment")
    window_seconds: float = Field(60.0, ge=10, le=3600, description="of sound in the playlist")
    folder: Path | None = Field(
        None, description="also written here, for nginx or an object store; unset keeps it inside"
    )


def _icecast_mount(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(parts.path) < 2:
        raise ValueError("write it like http://host:8000/mount.mp3")
    if parts.username or parts.password:
        raise ValueError("put user and password into keys of their own, not into the address")
    return url


class PushSettings(Section):
    url: Annotated[str, AfterValidator(_icecast_mount)] = Field(
        ..., description="http://host:8000/mount.mp3 of an Icecast; https works too"
    )
    user: str = Field("source", min_length=1, description="its source user")
    password: SecretStr = Field(..., description="that user's password")
    mount: Annotated[str, AfterValidator(_known_mount)] = Field(
        "mp3", description="which of our mounts it gets"
    )
    public: bool = Field(False, description="ask it to list the stream in its directory")
