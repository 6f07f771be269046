"""Read what an operator decides about the calls that the bridge places."""
