"""Keep calls as tests: golden calls, the phone of a test, and peers that answer from a tape."""
