"""package (to be described)."""
