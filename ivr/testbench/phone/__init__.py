"""Play the caller's telephone on one media stream."""
