"""Notes into sound, sound into packets and files."""
