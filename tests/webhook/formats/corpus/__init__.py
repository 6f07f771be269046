"""Hold the payloads that agents send, and what a caller must hear of each."""
