"""What a privacy audit found: its form, its measures and limits, and what must be true of any result.

The laboratory writes results; the command line, documents and the evidence pack read them.
"""
