"""Pieces and airings into rows and back."""
