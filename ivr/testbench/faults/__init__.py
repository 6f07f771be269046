"""Play faults of services in virtual time, and measure what the caller hears."""
