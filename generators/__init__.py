"""Latents into notes: the model, what it learns from, and the rules that need no model."""
