"""The labelled legacy import: linkage schemas of clkhash, and bit-identical CLKs from them.

What this package makes is weak: it withstands no known attack (docs/limitations.md).  It is the only place
in Clew with MD5 and SHA-1, because clkhash's older hash is made of them; nothing else imports it but the
command ``clew agency encode --legacy-schema`` and measurements that compare with it.

How a value becomes bits, one module each: :mod:`formats` (which values a feature takes, and their one
spelling), :mod:`comparisons` (tokens), :mod:`strategies` (how often each token is inserted), :mod:`keys`,
:mod:`hashing` (positions), :mod:`folding`, :mod:`encoder` (rows to CLKs).  :mod:`reading` reads schemas of
versions 1, 2 and 3 into :mod:`schema`; :mod:`profile` says how one is to be read and what it is worth.
"""
