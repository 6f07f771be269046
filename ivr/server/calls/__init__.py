"""Put each call together, and do for it what is done at the carrier."""
