"""The custodians' commands: ``clew keys …``."""
