"""Show what happens: logs, metrics, and what must not be shown."""
