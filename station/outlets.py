"""Where a station's packets go: its mounts, and HLS."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from renderer.formats import Format, parse_mount
from renderer.pcm import Packet
from station.hls import HLS, Hls
from station.hls_files import HlsFiles
from station.mount import Mount
from station.settings import Settings
from station.timeline import Timeline

logger = logging.getLogger(__name__)

HLS_FORMAT = "aac"


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

    def publish(self, packets: Mapping[str, Sequence[Packet]]) -> None:
        """Put a block's packets, by mount, on air. Never waits, never fails."""
        for name, mount in self.mounts.items():
            _publish(name, mount, packets[name])
        if self.hls:
            _publish(HLS, self.hls, packets[HLS_FORMAT])

    def close(self) -> None:
        """The end, for every listener."""
        for mount in self.mounts.values():
            mount.close()
        if self.hls:
            self.hls.close()


def _publish(name: str, outlet: Mount | Hls, packets: Sequence[Packet]) -> None:
    try:
        outlet.publish(packets)
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
