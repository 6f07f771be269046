"""Play faults of the services in virtual time, and measure what the caller hears."""
