"""Let operators listen to calls."""
