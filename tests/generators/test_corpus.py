"""A corpus from folders and archives: what is taken, what is refused and why."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from generators.corpus import Corpus, build, describe
from generators.errors import CorpusError
from generators.events import FIRST_PITCH_TOKEN
from tests.generators.songs import bass, beat, melody, midi_of, write_song


def test_the_ledger_has_a_line_a_file(corpus: Corpus, songs: Path) -> None:
    assert [file.name for file in corpus.files] == sorted(p.name for p in songs.glob("*.mid"))
    assert {file.licence for file in corpus.files} == {"Made by a test; public domain"}
    assert not any(file.rejected for file in corpus.files)
    assert sum(file.windows for file in corpus.files) == len(corpus.windows)


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
    assert again.files == corpus.files
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


def test_folders_without_midi_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no MIDI files"):
        build([tmp_path])
    with pytest.raises(CorpusError, match="no such folder"):
        build([tmp_path / "gone"])


def test_the_report_names_sets_tunes_and_refusals(tmp_path: Path) -> None:
    write_song(tmp_path / "good.mid", 1)
    (tmp_path / "bad.mid").write_bytes(b"")
    report = describe(build([tmp_path]))
    assert f"{tmp_path.name}: 1 of 2 files, 5 trio windows" in report
    assert "bad.mid: not a readable MIDI file" in report


def test_melody_tokens_are_the_songs_notes(corpus: Corpus) -> None:
    _, _, offset, steps = corpus.tracks[corpus.windows[0, 0]]
    onsets = np.flatnonzero(corpus.tokens[offset : offset + steps] >= FIRST_PITCH_TOKEN)
    assert onsets.tolist() == [start for start, _, _ in melody(0)]
