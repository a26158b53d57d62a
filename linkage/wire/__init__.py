"""What travels between agencies, custodians and the linkage unit: frozen types and their bytes."""
