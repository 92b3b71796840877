"""Lines on their way to the database, in a file: a `kill -9` loses none of them.

The file *is* the queue. Lines are appended at its end and settled from its start, in order;
when the last one is settled the file is emptied. What the disk will not take waits in memory
behind what the file holds.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import logging
import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from storage.errors import JournalError
from storage.fault import Fault

MEMORY_LINES = 10_000  # some 60 MB, more than three days of airings; what comes later is lost
MEMORY_LINES_AT_ONCE = 50
READ_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


class LineFile:
    """An append-only file of lines with one owner. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            JournalError: another process owns the file.
        """
        self.path = path
        self.fault = Fault(f"journal {path} cannot be written, lines wait in memory")
        self.changed = threading.Condition()  # guards all below; told of every line that moves
        self.appended_bytes = 0  # since the file was opened, with what it held then
        self.settled_bytes = 0
        self._fd = -1
        self._size = 0  # of the file, in bytes: whole lines only
        self._offset = 0  # of the first line in the file that is not settled
        self._lost_bytes = 0  # not settled when somebody emptied the file
        self._memory: deque[bytes] = deque()
        try:
            self._open()
        except BlockingIOError as error:
            raise JournalError(
                f"journal {path} belongs to another server that is running. Stop that one, or "
                f"give this one a data folder of its own."
            ) from error
        except OSError as error:
            self.fault.begins(str(error))

    def append(self, line: bytes) -> None:
        """Put a line, which ends in a newline, behind the others. Never raises for the disk."""
        with self.changed:
            if len(self._memory) >= MEMORY_LINES:
                self.fault.begins(f"{MEMORY_LINES} lines in memory already, new ones are lost")
                return
            self._memory.append(line)
            self.appended_bytes += len(line)
            self._write_memory()
            self.changed.notify_all()

    def first(self) -> list[bytes]:
        """The oldest lines that are not settled, some at a time; none when all are.

        Raises:
            OSError: the file cannot be read.
        """
        with self.changed:
            if self._offset < self._size:
                self._find()
            self.settled_bytes += self._lost_bytes
            self._lost_bytes = 0
            if self._offset == self._size:
                return list(itertools.islice(self._memory, MEMORY_LINES_AT_ONCE))
            length_bytes = READ_BYTES
            while True:
                data = os.pread(
                    self._fd, min(length_bytes, self._size - self._offset), self._offset
                )
                if b"\n" in data or len(data) < length_bytes:
                    return data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
                length_bytes *= 2

    def settle(self, length_bytes: int) -> None:
        """Forget so many bytes of the oldest lines: they are safe elsewhere.

        They may have moved from memory into the file since `first` gave them; the order holds.
        """
        with self.changed:
            self.settled_bytes += length_bytes
            lost = min(length_bytes, self._lost_bytes)
            self._lost_bytes -= lost
            length_bytes -= lost
            in_file = min(length_bytes, self._size - self._offset)
            self._offset += in_file
            length_bytes -= in_file
            while length_bytes > 0:
                length_bytes -= len(self._memory.popleft())
            if 0 < self._size == self._offset:
                with suppress(OSError):  # a line settled twice does no harm
                    os.ftruncate(self._fd, 0)
                    self._size = self._offset = 0
            self.changed.notify_all()

    @property
    def waiting_bytes(self) -> int:
        return max(0, self.appended_bytes - self.settled_bytes)

    @property
    def is_settled(self) -> bool:
        return self.waiting_bytes == 0

    def close(self) -> None:
        with self.changed:
            if self._memory:
                logger.error("journal %s: %d lines are lost", self.path, len(self._memory))
            self._release()

    def _write_memory(self) -> None:
        try:
            self._find()
            while self._memory:
                self._write(self._memory[0])
                self._memory.popleft()
            self.fault.ends()
        except OSError as error:
            self.fault.begins(str(error))

    def _write(self, line: bytes) -> None:
        written = os.write(self._fd, line)
        if written < len(line):  # `_find` takes the piece away again
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._size += written

    def _find(self) -> None:
        """See that the file is in its place and as long as we left it."""
        if self._fd < 0:
            self._open()
        found = os.fstat(self._fd)
        if found.st_nlink == 0:  # removed: what it held goes into a new one
            rest = os.pread(self._fd, self._size - self._offset, self._offset)
            self._memory.extendleft(reversed(rest.splitlines(keepends=True)))
            self._release()
            self._open()
        elif found.st_size > self._size:  # a write that the disk cut short
            os.ftruncate(self._fd, self._size)
        elif found.st_size < self._size:  # somebody emptied it
            os.ftruncate(self._fd, 0)
            self._lost_bytes += self._size - self._offset
            self._size = self._offset = 0

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                size += os.write(fd, b"\n")  # ends a line torn by a crash: it spoils no other
        except OSError:
            os.close(fd)
            raise
        self._fd, self._size, self._offset = fd, size, 0
        self.appended_bytes += size

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._size, self._offset = -1, 0, 0
