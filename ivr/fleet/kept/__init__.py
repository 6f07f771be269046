"""Keep where each call stands, so that another process can go on with it."""
