"""host (to be described)."""
