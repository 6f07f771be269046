"""Show a call: in the terminal, on a page, as JSON."""
