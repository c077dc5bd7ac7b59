"""fetch (to be described)."""
