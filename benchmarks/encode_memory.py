"""Measures its own peak memory: stream made-up people through the encoder into a file, and print it.

Run in a process of its own, for the peak of a process never falls: ``python -m benchmarks.encode_memory
PROFILE RECORDS``.
"""

import json
import resource
import sys
import tempfile
import time

from benchmarks.people import streamed_records
from linkage.encode.encoder import Encoder
from linkage.encode.keys import EncodingKeys
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import row_octets

_KIB_PER_MIB = 1024 if sys.platform != "darwin" else 1024 * 1024


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB


def main() -> int:
    """Encode, write, and print the figures as JSON."""
    name, count = sys.argv[1], int(sys.argv[2])
    profile = shipped_profile(name)
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(bytes(range(32)), profile))
    before = _peak_mib()
    rows = 0
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as stream:
        for batch in encoder.encode_batches(streamed_records(count)):
            rows += len(batch)
            stream.write(row_octets(batch))
    seconds = time.perf_counter() - begun
    peak = _peak_mib()
    print(json.dumps({"rows": rows, "peak_mib": peak, "before_mib": before, "seconds": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
