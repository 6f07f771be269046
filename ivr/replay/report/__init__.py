"""Show tapes: a page of one call, of a folder, of two histories, and files for other programs."""
