"""What the linkage unit keeps: one shared database, and a store of its own for each worker."""
