"""Runs in the peers' environment: time anonlink comparing random 1,024-bit filters, on one core."""

import json
import sys
import time

import numpy as np
from anonlink.similarities import dice_coefficient_accelerated
from filters import filters

rows = int(sys.argv[1])
random = np.random.default_rng(0)
packed = np.packbits(random.random((2 * rows, 1024)) < 0.3, axis=1)

left, right = filters(packed[:rows]), filters(packed[rows:])
begun = time.perf_counter()
dice_coefficient_accelerated([left, right], 0.8)
print(json.dumps({"pairs_per_second": rows * rows / (time.perf_counter() - begun)}))
