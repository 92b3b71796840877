"""MIDI files into the examples that Magenta's models were trained on."""
