"""Words that know nothing about packages: errors, events, digests, paths, atomic files, child processes.

Everything may import this room; this room imports nothing of ours.
"""
