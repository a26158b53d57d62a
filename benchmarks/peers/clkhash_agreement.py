"""Runs in the peers' environment: encode with clkhash each case that comes in as a line of JSON.

A case holds a schema, a secret and rows; the answer is a line of JSON with base64 CLKs and the seconds that
encoding took on one core, validation included.
"""

import json
import sys
import time

from clkhash.clk import generate_clks
from clkhash.schema import from_json_dict
from clkhash.serialization import serialize_bitarray

for line in sys.stdin:
    case = json.loads(line)
    schema = from_json_dict(case["schema"])
    begun = time.perf_counter()
    clks = generate_clks(case["rows"], schema, case["secret"], validate=True, max_workers=1)
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "clks": [serialize_bitarray(clk) for clk in clks]}), flush=True)
