"""A listener of the tagged stream: which pieces it was sent, and for how long it heard nothing."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time

PATH = "/stream-tagged.opus"
MOUNTS = '\nmounts = ["mp3", "opus-tagged"]'  # for [stream]
_PIECE = re.compile(rb"LATENTFM_PIECE=([0-9a-f]{20})")


class Tagged(threading.Thread):
    """One connection, heard until it breaks."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self._heard = bytearray()
        self._newest = time.monotonic()
        self._longest_seconds = 0.0

    def run(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := self._socket.recv(65536):
                self._heard += data
                now = time.monotonic()
                self._longest_seconds = max(self._longest_seconds, now - self._newest)
                self._newest = now
        self._socket.close()

    @property
    def pieces(self) -> list[str]:
        """Ids, in order."""
        return [found.decode() for found in _PIECE.findall(self._heard)]

    def longest_gap_seconds(self) -> float:
        """Between bytes, since it was asked last."""
        longest, self._longest_seconds = self._longest_seconds, 0.0
        return max(longest, time.monotonic() - self._newest)
