"""MIDI out, into a port of mido's that keeps what it is sent."""

from __future__ import annotations

import io
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.music import Instruments
from renderer.export import export_midi
from renderer.pcm import SAMPLE_RATE_HZ
from station.errors import MidiError
from station.exhibit import midi_port
from station.exhibit.conductor import LATE_SECONDS
from station.exhibit.midi_messages import MidiMessages
from station.exhibit.midi_out import MidiOut
from station.exhibit.midi_port import MidiPort, output_names
from station.exhibit.moments import KeyDown, KeyUp, Moment, PieceBegins, Pulse, Rest
from tests.pieces import make_piece
from tests.station.exhibit.playing import Playing
from tests.station.fakes import FakeTime

CHANNELS = (1, 2, 10)


class Instrument(mido.ports.BaseOutput):  # type: ignore[misc]  # mido has no types
    """Keeps what it is sent, and when; fails once its cable is out."""

    def __init__(self, name: str, time: FakeTime) -> None:
        super().__init__(name)
        self.heard: list[tuple[float, mido.Message]] = []
        self.is_out = False
        self._time = time

    def _send(self, message: mido.Message) -> None:
        if self.is_out:
            raise OSError("no such device")
        self.heard.append((self._time.now(), message))

    @property
    def kinds(self) -> list[str]:
        return [message.type for _, message in self.heard]


class Studio:
    """Instruments that are plugged in and out, and the station's MIDI."""

    def __init__(self, wanted: str = "piano") -> None:
        self.time = FakeTime()
        self.plugged: dict[str, Instrument] = {}
        self.is_silent = False
        names, open_output = lambda: list(self.plugged), lambda name: self.plugged[name]
        port = MidiPort(wanted, names=names, open_output=open_output)
        self.midi = MidiOut(
            port,
            MidiMessages(CHANNELS),
            is_silent=lambda: self.is_silent,
            now=self.time.now,
            sleep=self.time.advance,
        )

    def plug(self, name: str = "My Piano 24:0") -> Instrument:
        self.plugged[name] = Instrument(name, self.time)
        self.midi.look()
        return self.plugged[name]

    def play(self, *moments: Moment) -> None:
        self.midi.send(self.time.now(), moments)


@pytest.fixture
def studio() -> Studio:
    return Studio()


NOTE = KeyDown("melody", 60, 90, 0.5)


@pytest.mark.parametrize(
    ("tempo_end_qpm", "off_seconds"),
    [(100.0, 0.001), (130.0, 0.002)],  # a file's tempo changes on beats only
)
def test_what_is_sent_is_the_midi_file_of_the_piece(
    studio: Studio, tempo_end_qpm: float, off_seconds: float
) -> None:
    piece = make_piece(bars=4)
    early = tuple(replace(note, offset_ticks=-37) for note in piece.trio.drums)
    piece = replace(
        piece,
        trio=replace(piece.trio, drums=early),
        tempo_qpm=100.0,
        tempo_end_qpm=tempo_end_qpm,
    )
    instrument, playing = studio.plug(), Playing([piece])
    playing.blocks(20)
    end = round(piece.seconds * SAMPLE_RATE_HZ)
    for position, moment in playing.told:
        if position < end:
            studio.midi.send(position / SAMPLE_RATE_HZ, [moment])
    sent = [
        (message.channel, message.note, message.velocity, at)
        for at, message in instrument.heard
        if message.type == "note_on"
    ]
    written, now = [], 0.0
    for message in mido.MidiFile(file=io.BytesIO(export_midi(piece))):
        now += message.time
        if message.type == "note_on" and message.velocity:
            written.append((message.channel, message.note, message.velocity, now))
    assert [row[:3] for row in sorted(sent)] == [row[:3] for row in sorted(written)]
    off = [a[3] - b[3] for a, b in zip(sorted(sent), sorted(written), strict=True)]
    assert max(map(abs, off)) < off_seconds


def test_a_piece_begins_with_its_instruments_from_song_position_0(studio: Studio) -> None:
    instrument = studio.plug()
    piece = replace(make_piece(), instruments=Instruments(melody=11, bass=32, drum_kit=40))
    studio.play(PieceBegins(piece), Pulse(0))
    sent = [message for _, message in instrument.heard]
    programs = {m.channel: m.program for m in sent if m.type == "program_change"}
    assert programs == {0: 11, 1: 32, 9: 40}
    assert instrument.kinds[-3:] == ["songpos", "start", "clock"]


def test_a_clock_runs_24_to_the_quarter_through_a_whole_piece(studio: Studio) -> None:
    instrument, playing = studio.plug(), Playing([make_piece(bars=2)])
    playing.blocks(8)
    for position, moment in playing.told:
        studio.midi.send(position / SAMPLE_RATE_HZ, [moment])
    assert Counter(instrument.kinds)["clock"] == 8 * 24
    assert Counter(instrument.kinds)["start"] == 1
    assert not {"stop", "continue"} & set(instrument.kinds)


def test_after_a_gap_the_clock_goes_on_at_the_next_sixteenth(studio: Studio) -> None:
    instrument = studio.plug()
    studio.play(PieceBegins(make_piece()), Pulse(0))
    instrument.heard.clear()
    for number in range(15, 20):  # 1 to 14 were lost
        studio.play(Pulse(number))
    sent = [message for _, message in instrument.heard]
    assert instrument.kinds == ["stop", "songpos", "continue", "clock", "clock"]
    assert sent[1].pos == 3


def test_without_a_clock_only_music_is_sent() -> None:
    messages = MidiMessages(CHANNELS, clock=False)
    sent = [each for m in (PieceBegins(make_piece()), Pulse(0), NOTE) for each in messages.of(m)]
    assert {each.type for each in sent} == {"control_change", "program_change", "note_on"}


moments = st.one_of(
    st.builds(
        KeyDown,
        st.sampled_from(["melody", "bass", "drums"]),
        st.integers(60, 62),
        st.integers(1, 127),
        st.just(0.1),
    ),
    st.builds(KeyUp, st.sampled_from(["melody", "bass", "drums"]), st.integers(60, 62)),
    st.builds(Pulse, st.integers(0, 30)),
    st.just(Rest()),
    st.just(PieceBegins(make_piece())),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(moments, max_size=30), st.sampled_from([CHANNELS, (1, 1, 1)]))
def test_whatever_happens_no_note_hangs(
    happens: list[Moment], channels: tuple[int, int, int]
) -> None:
    messages = MidiMessages(channels)
    down: Counter[tuple[int, int]] = Counter()
    for message in [m for moment in happens for m in messages.of(moment)] + messages.rest():
        if message.type == "note_on":
            down[message.channel, message.note] += 1
            assert down[message.channel, message.note] == 1
        elif message.type == "note_off":
            down[message.channel, message.note] -= 1
    assert not any(down.values())


def test_a_silent_room_silences_its_piano(studio: Studio) -> None:
    instrument = studio.plug()
    studio.play(PieceBegins(make_piece()), Pulse(0), NOTE)
    studio.is_silent = True
    instrument.heard.clear()
    studio.play(Pulse(1), KeyDown("bass", 40, 90, 0.5))
    studio.play(Pulse(2))
    assert instrument.kinds == ["note_off", *["control_change"] * 3, "stop"]


def test_in_a_room_that_sounds_again_the_piano_comes_in_with_the_piece_of_now(
    studio: Studio,
) -> None:
    instrument = studio.plug()
    studio.is_silent = True
    studio.play(PieceBegins(replace(make_piece(), instruments=Instruments(melody=5))), Pulse(0))
    studio.is_silent = False
    instrument.heard.clear()
    studio.play(Pulse(6))
    assert instrument.heard[0][1].program == 5
    assert instrument.kinds[-3:] == ["songpos", "continue", "clock"]


def test_late_notes_are_left_out(studio: Studio) -> None:
    instrument = studio.plug()
    studio.time.advance(1.0)
    studio.midi.send(1.0 - 2 * LATE_SECONDS, [PieceBegins(make_piece()), Pulse(0), NOTE])
    assert "note_on" not in instrument.kinds
    assert "program_change" in instrument.kinds


def test_a_port_is_waited_for_and_named_once(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    studio.plug("Organ")
    studio.midi.look()
    assert caplog.messages == [
        "there is no MIDI output 'piano'; there are Organ. It is looked for until it is there"
    ]
    studio.play(PieceBegins(make_piece()), NOTE)
    assert studio.plug().heard == []


def test_an_instrument_that_is_plugged_in_again_comes_in(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    studio.plug().is_out = True
    studio.play(PieceBegins(make_piece()), NOTE)
    assert "is lost: no such device" in caplog.text
    instrument = studio.plug()
    studio.play(KeyDown("melody", 64, 90, 0.5))
    assert "program_change" in instrument.kinds
    assert instrument.heard[-1][1].note == 64


def test_an_output_that_is_no_longer_there_is_let_go(studio: Studio) -> None:
    instrument = studio.plug()
    del studio.plugged[instrument.name]
    studio.midi.look()
    assert instrument.closed


def test_at_the_end_every_note_is_let_go(studio: Studio) -> None:
    instrument = studio.plug()
    studio.midi.start()
    studio.midi.play(0.0, [PieceBegins(make_piece()), NOTE])
    studio.midi.close()
    assert {"note_on", "note_off"} <= set(instrument.kinds)
    assert instrument.closed


def test_a_machine_without_midi_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(midi_port, "SEQUENCER", tmp_path / "seq")
    with pytest.raises(MidiError, match="modprobe snd-seq"):
        output_names()


@pytest.mark.skipif(not midi_port.SEQUENCER.exists(), reason="no MIDI here: modprobe snd-seq")
def test_a_real_port_is_found_by_a_part_of_its_name() -> None:
    with mido.open_input("Latent Test", virtual=True) as heard:
        port = MidiPort("latent test")
        assert port.look()
        port.send([mido.Message("note_on", note=61)])
        assert heard.receive().note == 61
        port.close()
