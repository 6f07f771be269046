"""Voice activity detection: score frames, and tell the caller from echo, background voices and noise."""
