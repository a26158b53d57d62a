"""The evidence pack: what a reviewer reads and signs, built from what the system knows.

The argument is in docs/decisions/0038.
"""
