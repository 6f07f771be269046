"""Play the speech service: a mock Hamsa on sockets, over HTTP and in memory."""
