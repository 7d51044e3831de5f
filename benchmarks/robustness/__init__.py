"""Which marks survive which attacks: exact payloads read, by tool and attack."""
