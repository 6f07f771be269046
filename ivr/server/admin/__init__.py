"""Offer the calls of the fleet to programs, behind the same roles as the board."""
