"""Which payload is which work, whose it is, and who got which copy.

`database` speaks to SQLite or PostgreSQL in plain SQL, which is all that marking needs; `models` describes
the same tables for SQLAlchemy, which lists, searches and migrates them. `events` is the log of all that was
written."""
