"""Pages of the province's year."""
