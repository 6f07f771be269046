"""Run the call on a tape as it would have been: other options, the same caller, the services as they answered."""
