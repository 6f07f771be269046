"""Watch the event loop of a process: how late it is, and what blocks it."""
