"""solve (to be described)."""
