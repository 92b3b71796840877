"""What can go wrong between a latent and its notes.

GeneratorError
├── MidiError           a file is not MIDI, or cannot be read
├── CorpusError         a corpus file is missing, torn, or holds no windows
├── WeightsError        a model folder is missing, altered, or of another shape
└── WorkerError         the generator process is gone, or answered with a fault
"""


class GeneratorError(Exception):
    """Base of every error the generators raise on purpose."""


class MidiError(GeneratorError):
    pass


class CorpusError(GeneratorError):
    pass


class WeightsError(GeneratorError):
    pass


class WorkerError(GeneratorError):
    pass
