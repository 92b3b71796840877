"""How drummers play: a GrooVAE that says how hard and how early or late each hit is struck."""
