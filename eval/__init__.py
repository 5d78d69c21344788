"""Is it right, and how do we know."""
