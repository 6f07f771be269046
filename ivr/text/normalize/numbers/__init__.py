"""Say numbers in Arabic and English words."""
