"""The exhibit: a wall, the room around it, and the wires between them."""
