"""What an agency's data officer uses: check, encode, inspect, submit, status, report."""
