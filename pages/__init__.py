"""What every page of ours is made of: the design system's templates and assets, and what browsers may do.

The console and the data officer's page share it; it knows nothing of either and imports nothing of ours.
"""
