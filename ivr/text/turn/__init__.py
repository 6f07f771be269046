"""Tell from a transcript that was cut at a pause whether the caller has finished, in Arabic and English."""
