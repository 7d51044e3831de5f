"""How writers wait for each other on PostgreSQL; SQLite has BEGIN IMMEDIATE."""

from __future__ import annotations

from typing import Final

WRITERS: Final = "SELECT pg_advisory_xact_lock(1937006957, hashtext(current_schema()))"
"""Waits for the lock of writers ("stam"), of which each catalogue on a server has one, until the transaction
ends."""
