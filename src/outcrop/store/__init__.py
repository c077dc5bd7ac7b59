"""store (to be described)."""
