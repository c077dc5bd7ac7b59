"""build (to be described)."""
