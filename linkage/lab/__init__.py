"""The laboratory: simulator, evaluation and attacks; never part of the service."""
