"""Play an agent: the demo courier's desk in every reply format."""
