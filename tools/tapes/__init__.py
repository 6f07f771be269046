"""Place many varied calls on real sockets, and keep the tapes of both sides."""
