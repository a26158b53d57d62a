"""Learn what pairs of records look like under every shipped profile, and write the module that ships it.

Run it after a change of a profile or of the normaliser: ``python -m benchmarks.learn_experience``.  The
worlds are made up from fixed seeds, so that the same code writes the same module.
"""

import argparse
import sys
from hashlib import sha256
from pathlib import Path

from linkage.lab.learning import experience_source, learn, worlds
from linkage.lab.learning_plain import learn_plain, plain_source, plain_worlds
from linkage.match import experience_data, plain_data
from linkage.match.experience import shipped_experience
from linkage.shipped_profiles import shipped_profile, shipped_profiles

SEED = 903
KEY = sha256(b"clew/learn-experience").digest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profiles", nargs="*", help="learn of these only; what is shipped of others stays")
    asked = parser.parse_args().profiles
    learned = []
    for name, profile in sorted(shipped_profiles().items()):
        experience = shipped_experience(profile)
        if experience is None or not asked or name in asked:
            print(f"learning {name}", file=sys.stderr)
            experience = learn(profile, worlds(profile, SEED), KEY)
        learned.append((profile, experience))
    Path(experience_data.__file__).write_text(experience_source(learned), encoding="utf-8")
    if not asked or "clk-plain" in asked:
        learn_surroundings()


def learn_surroundings() -> None:
    """Learn how pairs under a plain filter stand among their neighbours."""
    print("learning surroundings", file=sys.stderr)
    learned = learn_plain(shipped_profile("clk-plain"), plain_worlds(SEED), KEY)
    Path(plain_data.__file__).write_text(plain_source(learned), encoding="utf-8")


if __name__ == "__main__":
    main()
