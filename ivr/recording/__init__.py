"""Record calls as they were heard: both sides, encrypted where there is a key."""
