"""Begin an MP3 stream in its middle without a damaged frame.

LAME borrows: the main data of a frame may begin up to 511 bytes before it, in the frames before
(the bit reservoir). Who joins in between lacks those bytes, and its decoder mutes or garbles up
to 60 ms. Here they are handed over in carriers: silent frames of the same shape, whose unused
room holds what the first real frame reaches back for. That one then sounds as it does for all.

Source: ISO/IEC 11172-3 §2.4.1.7 (side information), §2.4.2.7 (main_data_begin, in bytes, which
counts only bytes of main data), §2.4.3.4 (the reservoir).
"""

from __future__ import annotations

from collections.abc import Sequence

from renderer.framing import MP3_FRAMES_OF_SOUND, mp3_main_data
from renderer.pcm import NO_PREAMBLE, Packet, Preamble

MAX_REACH_BYTES = 511  # what 9 bits of main_data_begin can say


def mp3_preamble(packets: Sequence[Packet], first: int) -> Preamble:
    """What goes before `packets[first]`, for a decoder that begins there.

    Where the packets do not go back far enough there is nothing to give: it loses a frame or two.
    """
    frame = packets[first].data
    begin = mp3_main_data(frame)
    reach = int.from_bytes(frame[4:6], "big") >> 7  # main_data_begin: the first 9 bits
    borrowed = b""
    for packet in reversed(packets[:first]):
        if len(borrowed) >= reach:
            break
        borrowed = packet.data[begin:] + borrowed
    if not 0 < reach <= len(borrowed):
        return NO_PREAMBLE
    room = len(frame) - begin
    count = -(-reach // room)
    filled = borrowed[-reach:].rjust(count * room, b"\0")
    carriers = [
        frame[:4] + _side_info(room * number, begin - 4) + filled[room * number :][:room]
        for number in range(count)
    ]
    return Preamble(b"".join(carriers), -MP3_FRAMES_OF_SOUND * count)


def filler(size: int) -> bytes:
    """`size` bytes that may lie before the first frame, and that every player passes over.

    Zeros: ffmpeg, mpg123, mpv, VLC and Chromium begin at the first sync word after them without
    a word. Of an ID3 tag of under 30 bytes mpg123 complains, of a part of a frame ffmpeg.
    """
    return bytes(size)


def _side_info(before: int, size: int) -> bytes:
    """Of a frame without sound, which passes on what the carriers before it hold."""
    reach = min(before, MAX_REACH_BYTES)
    return (reach << 7).to_bytes(2, "big").ljust(size, b"\0")
