"""Keep the records of calls: spool, database, events."""
