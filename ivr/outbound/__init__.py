"""Place calls: the queue of those that are to be placed, what may be placed when, and where it is kept."""
