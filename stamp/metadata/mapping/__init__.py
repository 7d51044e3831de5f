"""Which field of the notice is where in each store, or why it is not."""
