"""``clew agency desk``: the data officer's work on a page that this machine serves to itself.

The page shows and asks; what it does is done by the functions that the commands of :mod:`cli.agency` call.
"""
