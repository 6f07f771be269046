"""Play the phones and services of a measured bridge, each in a process of its own, and the bare server beside it."""
