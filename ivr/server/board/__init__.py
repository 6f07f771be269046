"""Show the calls of the fleet in a browser, and steer them."""
