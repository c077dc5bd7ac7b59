"""Specs as recipes know them: ones they write, and the nodes of a finished graph."""
