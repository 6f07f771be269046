"""Keep tapes of live calls: an observer on the event loop, and a thread that writes files."""
