"""Find out who has answered a call that the bridge has placed."""
