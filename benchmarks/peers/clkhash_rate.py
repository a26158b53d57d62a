"""Runs in the peers' environment: time clkhash encoding the people on standard input, on one core."""

import gc
import json
import sys
import time

from clkhash.bloomfilter import stream_bloom_filters
from clkhash.comparators import NgramComparison
from clkhash.field_formats import BitsPerTokenStrategy, FieldHashingProperties, StringSpec
from clkhash.key_derivation import generate_key_lists
from clkhash.schema import Schema

people = [[person[name] for name in sorted(person)] for person in json.load(sys.stdin)]
bigrams = FieldHashingProperties(comparator=NgramComparison(2), strategy=BitsPerTokenStrategy(10))
fields = [StringSpec(identifier=str(number), hashing_properties=bigrams) for number in range(len(people[0]))]
layout = Schema(fields=fields, l=1024)
keys = generate_key_lists("for measuring only", len(fields))
gc.collect()
gc.freeze()
begun = time.perf_counter()
encoded = sum(1 for _ in stream_bloom_filters(people, keys, layout))
print(json.dumps({"records_per_second": encoded / (time.perf_counter() - begun)}))
