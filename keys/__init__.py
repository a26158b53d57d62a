"""Key custody: ceremony, epoch keys, identities, wrapped keys."""
