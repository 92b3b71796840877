"""Training a model on a corpus: the run, its steps, its checkpoints and what it tells of itself."""
