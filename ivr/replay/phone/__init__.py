"""Keep a call as a phone had it: what was heard and said, whatever server answered."""
