"""Look at tapes and change them: list, show, examine, cut, redact."""
