"""Letters that ask for a copy to be taken down: what each must contain, as data, and what becomes of it."""
