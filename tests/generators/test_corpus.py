"""A corpus from folders and archives: what is taken, what is refused and why."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.corpus import AS_FOUND, Corpus, build, describe
from generators.corpus.tracks import Taken
from generators.errors import CorpusError
from generators.events import FIRST_PITCH_TOKEN
from generators.mma import find_mma
from tests.generators.songs import bass, beat, hymn, lead_sheet, melody, midi_of, write_song

needs_mma = pytest.mark.skipif(find_mma() is None, reason="mma is not installed")


def equal(one: Corpus, other: Corpus) -> bool:
    arrays = ("tokens", "tracks", "windows")
    same = all(np.array_equal(getattr(one, a), getattr(other, a)) for a in arrays)
    return same and one.files == other.files


def test_the_ledger_has_a_line_a_file(corpus: Corpus, songs: Path) -> None:
    assert [file.name for file in corpus.files] == sorted(p.name for p in songs.glob("*.mid"))
    assert {file.licence for file in corpus.files} == {"Made by a test; public domain"}
    assert not any(file.rejected for file in corpus.files)
    assert sum(file.windows for file in corpus.files) == len(corpus.windows)


def test_a_sets_notes_are_kept_whole(corpus: Corpus) -> None:
    assert "More words." in "".join(corpus.notes.values())


def test_every_bar_that_four_can_follow_begins_a_window(corpus: Corpus) -> None:
    first = corpus.windows[corpus.window_files == 0]
    assert first[:, 3].tolist() == [0, 1, 2, 3, 4]


def test_an_archive_is_read_like_a_folder(songs: Path, corpus: Corpus, tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    folder.mkdir()
    with tarfile.open(folder / "all.tar.gz", "w:gz") as archive:
        for path in sorted(songs.glob("*.mid"), reverse=True):
            archive.add(path, f"inside/{path.name}")
    packed = build([folder])
    np.testing.assert_array_equal(packed.tokens, corpus.tokens)
    assert [f.sha256 for f in packed.files] == [f.sha256 for f in corpus.files]
    assert packed.files[0].licence == "not stated"


def test_a_zip_is_read_like_a_folder(songs: Path, corpus: Corpus, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(songs.glob("*.mid"), reverse=True):
            archive.write(path, path.name)
    np.testing.assert_array_equal(build([tmp_path]).tokens, corpus.tokens)


def test_a_damaged_archive_is_a_corpus_error(tmp_path: Path) -> None:
    (tmp_path / "songs.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(CorpusError, match=r"songs\.tar\.gz cannot be read"):
        build([tmp_path])


def test_a_refused_file_says_why(tmp_path: Path) -> None:
    write_song(tmp_path / "a good.mid", 1)
    (tmp_path / "b broken.mid").write_bytes(b"not MIDI at all")
    midi_of((0, False, melody(2)), (0, True, beat())).write(str(tmp_path / "c no bass.mid"))
    write_song(tmp_path / "d short.mid", 3, bars=3)
    midi_of((0, False, melody(4)), metres=[(3, 4, 0)]).write(str(tmp_path / "e waltz.mid"))
    reasons = [file.rejected for file in build([tmp_path]).files]
    assert reasons[0] == ""
    assert "not a readable MIDI file" in reasons[1]
    assert reasons[3] == "shorter than 4 bars"
    assert reasons[4] == "no bar of 4/4"


def test_a_file_without_bass_lends_its_drums_only(tmp_path: Path) -> None:
    write_song(tmp_path / "a.mid", 1)
    midi_of((0, False, melody(2)), (0, True, beat())).write(str(tmp_path / "b.mid"))
    lender = build([tmp_path]).files[1]
    assert (lender.windows, lender.drum_tracks) == (0, 1)


def test_versions_of_a_tune_are_one_cluster(tmp_path: Path) -> None:
    write_song(tmp_path / "in c.mid", 1)
    write_song(tmp_path / "in d.mid", 1, transpose=2)
    write_song(tmp_path / "other.mid", 2)
    clusters = [file.cluster for file in build([tmp_path]).files]
    assert clusters == ["in c.mid", "in c.mid", "other.mid"]


def test_the_split_never_parts_a_cluster(tmp_path: Path) -> None:
    for seed in range(20):
        for transpose in (0, 3):
            write_song(tmp_path / f"{seed}-{transpose}.mid", seed, transpose=transpose)
    sides: dict[str, set[bool]] = {}
    for file in build([tmp_path]).files:
        sides.setdefault(file.cluster, set()).add(file.held_out)
    assert len(sides) == 20
    assert all(len(side) == 1 for side in sides.values())


def test_a_silent_stretch_begins_no_window(tmp_path: Path) -> None:
    late = [(start + 64, end + 64, pitch) for start, end, pitch in melody(1)]
    midi_of((0, False, late), (33, False, bass(1, 12)), (0, True, beat(12))).write(
        str(tmp_path / "late.mid")
    )
    corpus = build([tmp_path])
    assert corpus.windows[:, 3].min() == 3  # three bars of its four have melody


def test_a_saved_corpus_comes_back_as_it_was(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path / "corpus.npz")
    again = Corpus.load(tmp_path / "corpus.npz")
    assert (again.files, again.notes) == (corpus.files, corpus.notes)
    for name in ("tokens", "tracks", "windows"):
        np.testing.assert_array_equal(getattr(again, name), getattr(corpus, name))


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_damaged_corpus_is_a_corpus_error(corpus: Corpus, tmp_path: Path, keep: float) -> None:
    path = tmp_path / "corpus.npz"
    corpus.save(path)
    data = path.read_bytes()
    path.write_bytes(data[: round(keep * len(data)) if keep < 1 else int(keep)])
    with pytest.raises(CorpusError, match=r"corpus\.npz"):
        Corpus.load(path)


def test_a_missing_corpus_is_a_corpus_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.npz.*corpus build"):
        Corpus.load(tmp_path / "nowhere.npz")


def test_a_hymn_is_a_trio_under_borrowed_drums(tmp_path: Path) -> None:
    (tmp_path / "hymn.abc").write_text(hymn(1))
    corpus = build([tmp_path])
    assert corpus.files[0].windows == 5
    assert set(corpus.windows[:, 2].tolist()) == {-1}


def test_a_tune_whose_barlines_are_elsewhere_is_the_same_tune(tmp_path: Path) -> None:
    """MIDI files often begin with the upbeat, so that none of their bars is a bar."""
    for name, upbeat in (("whole.mid", 0), ("upbeat.mid", 4)):
        line = [(start - upbeat, end - upbeat, pitch) for start, end, pitch in melody(1)]
        midi_of((0, False, [note for note in line if note[0] >= 0])).write(str(tmp_path / name))
    assert len({file.cluster for file in build([tmp_path]).files}) == 1


def test_midi_names_a_tune_that_is_there_twice(tmp_path: Path) -> None:
    for name in ("a.xml", "b.mid", "a.mid"):
        (tmp_path / name).touch()
    assert [file.name for file in build([tmp_path]).files] == ["a.mid", "b.mid", "a.xml"]


@needs_mma
def test_a_lead_sheet_becomes_a_trio(tmp_path: Path) -> None:
    (tmp_path / "song.mxl").write_bytes(lead_sheet(1))
    corpus = build([tmp_path], arrangements=3)
    [file] = corpus.files
    assert (file.windows, len(file.arrangements)) == (0, 3)
    assert all(name.startswith("mma ") for name in file.arrangements)
    assert file.arranged_windows == len(corpus.windows) > 20
    assert set(corpus.windows[:, 4].tolist()) == {1, 2, 3}


@needs_mma
def test_found_trios_are_arranged_too(tmp_path: Path) -> None:
    write_song(tmp_path / "song.mid", 1)
    corpus = build([tmp_path], arrangements=1)
    found, arranged = (corpus.windows[corpus.windows[:, 4] == take] for take in (AS_FOUND, 1))
    assert set(found[:, 0]) == set(arranged[:, 0])
    assert not set(found[:, 1:3].ravel()) & set(arranged[:, 1:3].ravel())


@needs_mma
def test_versions_of_a_melody_are_arranged_once(tmp_path: Path) -> None:
    write_song(tmp_path / "in c.mid", 1)
    write_song(tmp_path / "in d.mid", 1, transpose=2)
    files = build([tmp_path], arrangements=2).files
    assert [len(file.arrangements) for file in files] == [2, 0]


@needs_mma
def test_processes_do_not_change_the_corpus(tmp_path: Path) -> None:
    for seed in range(3):
        write_song(tmp_path / f"{seed}.mid", seed)
    one, other = (build([tmp_path], arrangements=1, processes=n) for n in (1, 2))
    assert equal(one, other)


def test_without_mma_the_rest_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_song(tmp_path / "song.mid", 1)
    monkeypatch.setenv("PATH", str(tmp_path))
    corpus = build([tmp_path], arrangements=2)
    assert corpus.files[0].windows == 5
    assert "apt install mma" in caplog.text


def test_an_interrupted_build_goes_on(songs: Path, corpus: Corpus, tmp_path: Path) -> None:
    build([songs], keep=tmp_path)
    gone, torn, *kept = sorted(tmp_path.iterdir())
    gone.unlink()
    torn.write_bytes(torn.read_bytes()[:100])
    written = {path: path.stat().st_mtime_ns for path in kept}
    assert equal(build([songs], keep=tmp_path), corpus)
    assert {path: path.stat().st_mtime_ns for path in kept} == written
    assert gone.exists()


def test_folders_without_midi_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no MIDI files"):
        build([tmp_path])
    with pytest.raises(CorpusError, match="no such folder"):
        build([tmp_path / "gone"])


def test_the_report_names_sets_tunes_and_refusals(tmp_path: Path) -> None:
    write_song(tmp_path / "good.mid", 1)
    (tmp_path / "bad.mid").write_bytes(b"")
    report = describe(build([tmp_path]))
    assert f"{tmp_path.name}: 1 of 2 files, 5 trio windows, 0 arranged" in report
    assert "bad.mid: not a readable MIDI file" in report


def test_melody_tokens_are_the_songs_notes(corpus: Corpus) -> None:
    _, _, offset, steps = corpus.tracks[corpus.windows[0, 0]]
    onsets = np.flatnonzero(corpus.tokens[offset : offset + steps] >= FIRST_PITCH_TOKEN)
    assert onsets.tolist() == [start for start, _, _ in melody(0)]


@given(st.data())
def test_what_was_taken_of_a_file_comes_back_as_it_was(data: st.DataObject) -> None:
    tokens = st.lists(st.integers(0, 511), max_size=40)
    taken = Taken(
        data.draw(st.text(max_size=20)),
        [np.array(line, np.int16) for line in data.draw(st.lists(tokens, max_size=3))],
        [(0, 1, np.array(line, np.int16)) for line in data.draw(st.lists(tokens, max_size=3))],
        data.draw(st.lists(st.tuples(*[st.integers(-1, 1000)] * 4), max_size=5)),
    )
    again = Taken.unpacked(*taken.packed())
    assert (again.rejected, again.windows) == (taken.rejected, taken.windows)
    assert [t.tolist() for t in again.chords] == [t.tolist() for t in taken.chords]
    assert [(r, p, t.tolist()) for r, p, t in again.tracks] == [
        (r, p, t.tolist()) for r, p, t in taken.tracks
    ]
