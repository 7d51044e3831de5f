"""The columns of the table in `fields`: for each store the place of every field, or the reason why not."""
