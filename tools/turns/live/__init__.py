"""Call a bridge on real sockets, as callers who pause."""
