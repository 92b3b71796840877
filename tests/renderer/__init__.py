"""What the renderer promises."""
