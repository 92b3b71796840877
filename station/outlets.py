"""Where a station's sound goes: its mounts, HLS, and whoever takes it as it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from renderer.formats import Format, parse_mount
from renderer.pcm import Pcm
from station.hls import HLS, Hls
from station.hls_files import HlsFiles
from station.mount import Mount
from station.settings import Settings
from station.synthesis import Block
from station.timeline import Timeline

logger = logging.getLogger(__name__)

HLS_FORMAT = "aac"

T = TypeVar("T")


class Outlets:
    """All that is broadcast of one station. A fault of one outlet is not heard on another."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        broadcast_id: str,
        timeline: Timeline,
        *,
        formats: Mapping[str, Format],
        title_at: Callable[[int], str],
    ) -> None:
        stream = settings.stream
        self.coded = {
            mount: (formats[parse_mount(mount)[0].name], kbps)
            for mount, kbps in stream.bitrates_kbps().items()
        }
        """What has to be encoded: by mount, its format and bitrate in kbit/s."""
        self.mounts = {
            mount: Mount(
                format,
                bitrate_kbps=kbps,
                burst_seconds=stream.burst_seconds,
                max_backlog_seconds=stream.max_backlog_seconds,
                title_at=title_at,
            )
            for mount, (format, kbps) in self.coded.items()
        }
        self.hls: Hls | None = None
        if settings.hls.enabled:
            # Encoded for it alone where it is no mount.
            self.coded.setdefault(HLS_FORMAT, (formats[HLS_FORMAT], stream.aac_bitrate_kbps))
            self.hls = _make_hls(settings, name, broadcast_id, timeline)
        # Who takes the sound that was encoded, as the room's sound card does. None of them waits.
        self.sound: list[Callable[[Pcm], None]] = []

    def publish(self, block: Block) -> None:
        """Put a block on air. Never waits, never fails."""
        for name, mount in self.mounts.items():
            _publish(name, mount.publish, block.packets[name])
        if self.hls:
            _publish(HLS, self.hls.publish, block.packets[HLS_FORMAT])
        if block.sound is not None:
            for take in self.sound:
                _publish("one who takes the sound", take, block.sound)

    def close(self) -> None:
        """The end, for every listener."""
        for mount in self.mounts.values():
            mount.close()
        if self.hls:
            self.hls.close()


def _publish(name: str, publish: Callable[[T], None], sound: T) -> None:
    try:
        publish(sound)
    except Exception:  # this is the supervisor of the station's own sound
        logger.exception("%s did not take a block whole; going on", name)


def _make_hls(settings: Settings, name: str, broadcast_id: str, timeline: Timeline) -> Hls:
    folder = settings.hls.folder
    return Hls(
        name,
        broadcast_id[:8],
        timeline,
        HlsFiles(
            settings.storage.folder / "hls" / f"{name}.json",
            folder / name if folder else None,
        ),
        segment_seconds=settings.hls.segment_seconds,
        window_seconds=settings.hls.window_seconds,
    )
