"""What the register knows and says: reconciliation, later statistics and the ledger."""
