"""Measurements, in one run and beside peers where they are installed."""
