"""Share the places of calls between the workers of one machine."""
