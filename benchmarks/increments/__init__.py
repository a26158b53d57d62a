"""How long a monthly submission takes against a large register: ``python -m benchmarks.increments``."""
