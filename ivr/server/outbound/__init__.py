"""Place the calls of the queue at the carrier, and hear what becomes of them."""
