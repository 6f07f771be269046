"""Score and stress the voice activity detector on scenes of speech, echo and noise."""
