"""Agency side: normalise identifiers and encode them under the epoch key."""
