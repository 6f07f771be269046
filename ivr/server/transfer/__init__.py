"""Let a person take over, and bring the caller back where there is none."""
