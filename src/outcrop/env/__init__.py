"""env (to be described)."""
