"""spec (to be described)."""
