"""Follow the caller's side of a call: input, utterances, barge-in."""
