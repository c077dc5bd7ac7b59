"""Environments: the manifest, the lock, and the steps from requests to installed prefixes and views.

Joins the rooms below, which do not know each other: the solver's answer becomes a hashed graph here, a graph becomes
builds, seals
become views. Prints nothing.
"""
