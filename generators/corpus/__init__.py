"""A corpus: the token tracks of many files, and where the windows in them begin."""

from generators.corpus.build import build
from generators.corpus.ledger import SourceFile, describe, provenance
from generators.corpus.store import AS_FOUND, NO_DRUMS, Corpus

__all__ = ["AS_FOUND", "NO_DRUMS", "Corpus", "SourceFile", "build", "describe", "provenance"]
