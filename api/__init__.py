"""The linkage unit: agency app, stores and workers."""
