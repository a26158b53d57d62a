"""Linking on Spark: a linkage's tiles compared by a cluster's machines (docs/decisions/0041).

Nothing else loads Spark.  What the cluster's machines run is in :mod:`api.spark.tasks`, which needs nothing
of the service.
"""
