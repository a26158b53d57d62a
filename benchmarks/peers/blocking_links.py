"""Runs in blocklib's environment: P-Sig blocks from plain text, anonlink's comparison within them, greedy.

Arguments: a JSON file of two tables of [given name, surname, date of birth, postcode], two files of filters,
a Dice threshold, and where to write the pairs above it within blocks.  Prints processor seconds by step.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from anonlink.candidate_generation import find_candidate_pairs
from anonlink.similarities import dice_coefficient_accelerated
from anonlink.solving import greedy_solve
from blocklib import generate_blocks, generate_candidate_blocks, generate_reverse_blocks
from filters import filters

tables_path, left_path, right_path, threshold, out_path = sys.argv[1:]


def value(number):
    return {"type": "feature-value", "feature": number}


def sound(number):
    return {"type": "metaphone", "feature": number}


CONFIG = {
    "type": "p-sig",
    "version": 1,
    "config": {
        "blocking-features": [0, 1, 2, 3],
        "filter": {"type": "ratio", "max": 0.01, "min": 0.0},
        "blocking-filter": {"type": "bloom filter", "number-hash-functions": 4, "bf-len": 4096},
        "signatureSpecs": [
            [sound(0), sound(1)],
            [value(2), sound(0)],
            [value(2), sound(1)],
            [value(3), value(0)],
        ],
    },
}

tables = json.loads(Path(tables_path).read_text())
datasets = [filters(np.load(left_path)), filters(np.load(right_path))]
begun = time.process_time()
candidates = [generate_candidate_blocks(table, CONFIG) for table in tables]
blocks = generate_blocks(candidates, K=2)
of_record = generate_reverse_blocks(blocks)
blocked = time.process_time()
found = find_candidate_pairs(
    datasets,
    dice_coefficient_accelerated,
    float(threshold),
    blocking_f=lambda source, record, _: of_record[source].get(record, ()),
)
compared = time.process_time()
greedy_solve(found)
solved = time.process_time()
np.save(out_path, np.stack([np.array(side) for side in found[2]], axis=1).astype(np.int64))
print(json.dumps({"block": blocked - begun, "compare": compared - blocked, "solve": solved - compared}))
