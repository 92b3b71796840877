"""How good a model is, in figures: by the paper's tests, and against music it never heard."""

from generators.evaluation.figures import Figures, measure, most_common

__all__ = ["Figures", "measure", "most_common"]
