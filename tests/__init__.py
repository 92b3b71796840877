"""What the station promises, room by room."""
