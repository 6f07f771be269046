"""Make tones that the caller hears."""
