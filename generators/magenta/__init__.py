"""Magenta's MusicVAE: its published models, exactly as they were."""
