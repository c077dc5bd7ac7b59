"""view (to be described)."""
