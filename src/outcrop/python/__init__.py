"""python (to be described)."""
