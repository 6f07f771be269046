"""Follow the agent's side of a call: turns, replies, speech output, what was heard."""
