"""What can go wrong while training."""

from generators.errors import GeneratorError


class TrainingError(GeneratorError):
    """A run cannot begin, go on or be saved; its last good checkpoint stands."""
