"""recipes (to be described)."""
