"""How fast pairs of filters are compared, beside a roofline in C and beside peers, and what that takes."""
