"""A share on paper: one page that a browser prints, with all that its holder must know.

The page holds no script and loads nothing: its content security policy lets a browser neither run nor fetch
anything, whatever a name in it looks like.
"""

import base64
import hashlib
from html import escape
from string import Template

from keys.shares import SHARE_WORDS, Share

__all__ = ["share_sheet"]

_STYLE = """
@page { size: A4 portrait; margin: 10mm 13mm; }
* { box-sizing: border-box; }
html { background: #fff; color: #000; font: 10pt/1.28 "Liberation Sans", Arial, Helvetica, sans-serif; }
body { margin: 0 auto; max-width: 184mm; }
h1 { font-size: 16pt; line-height: 1.15; margin: 0 0 1.5mm; }
h2 { font-size: 11pt; margin: 2mm 0 0.6mm; }
p, ul, dl { margin: 0 0 1mm; }
ul { padding-left: 5mm; }
.warning { border: 0.6mm solid #000; font-weight: bold; margin: 0 0 2mm; padding: 1.2mm 2.5mm; }
dl { column-gap: 5mm; display: grid; grid-template-columns: max-content 1fr; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
code, .fingerprint, .words { font-family: "Liberation Mono", "Courier New", monospace; }
.words { border: 0.4mm solid #000; columns: 3; font-size: 16pt; line-height: 1.28;
  margin: 1mm 0 1.5mm; padding: 1.5mm 3mm; }
.words li { break-inside: avoid; margin-left: 11mm; padding-left: 1mm; }
.words li::marker { font-size: 10pt; }
code { font-size: 9.5pt; }
table { border-collapse: collapse; margin-top: 2mm; width: 100%; }
th, td { border: 0.25mm solid #000; padding: 0.8mm 2mm; text-align: left; }
td { height: 8mm; }
th[scope=col] { width: 29%; }
section, table { break-inside: avoid; }
@media screen { body { padding: 8mm 0; } }
"""

_PAGE = Template("""<!DOCTYPE html>
<html lang="en-GB" translate="no">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, noarchive">
<meta name="google" content="notranslate">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Key share of $holder, epoch $epoch</title>
<style>$style</style>
</head>
<body>
<main>
<h1>Share of an epoch key</h1>
<p class="warning">Secret. For its holder only. If you find this sheet, do not copy it: return it.</p>
<dl>
<dt>Holder</dt><dd>$holder</dd>
<dt>Epoch</dt><dd>$epoch</dd>
<dt>Share</dt><dd>number $number; any $needed of $of together give the key, fewer give nothing</dd>
<dt>Ceremony</dt><dd class="fingerprint">$ceremony</dd>
</dl>
<section aria-labelledby="words">
<h2 id="words">The $count words, read down each column</h2>
<ol class="words" spellcheck="false">
$words
</ol>
</section>
<section aria-labelledby="why">
<h2 id="why">What it is for</h2>
<p>Agencies scramble children’s names and birth dates with the epoch key. Nobody has that key: $of custodians
hold a share of it each, and any $needed of them together can hand it to an agency that joins. If the computer
that keeps your share is lost, this sheet replaces it. It is needed until the epoch’s key is destroyed.</p>
</section>
<section aria-labelledby="keep">
<h2 id="keep">How to keep it</h2>
<ul>
<li>In an envelope, sealed and signed across the flap, in a safe; never beside another share or your
computer.</li>
<li>Never photograph, scan, copy or e-mail it. Type it into nothing but clew. Read it out to nobody.</li>
<li>Delete the file that it was printed from, and what the printer remembers of it.</li>
</ul>
</section>
<section aria-labelledby="check">
<h2 id="check">How to check it</h2>
<p>When it is printed, and then once a year, type the words into clew. Four letters of each are enough.</p>
<p><code>clew keys share check --epoch epoch.json --identity YOUR-FOLDER</code></p>
<p>It says whose share this is, or which word is wrong. It must show the ceremony’s fingerprint above.</p>
</section>
<section aria-labelledby="lost">
<h2 id="lost">When it is lost, or somebody else has read it</h2>
<p>Tell the other custodians the same day. $lost If you still have your computer and its passphrase, print the
sheet again. If you have only this sheet, type it into a new computer: <code>clew keys share restore</code>.
When the epoch’s key is destroyed, destroy this sheet before a witness.</p>
</section>
<table>
<thead>
<tr><td></td><th scope="col">Name</th><th scope="col">Date</th><th scope="col">Signature</th></tr>
</thead>
<tbody>
<tr><th scope="row">Holder</th><td></td><td></td><td></td></tr>
<tr><th scope="row">Witness</th><td></td><td></td><td></td></tr>
</tbody>
</table>
</main>
</body>
</html>
""")


def share_sheet(
    share: Share, *, holder: str, epoch: str, ceremony_fingerprint: str, needed: int, of: int
) -> str:
    """Return a page of HTML with a share's words, who holds it and what to do with it.

    It is as secret as the share: write it for its owner only, print it, and delete it.  ``holder``: the
    custodian's name; ``needed`` and ``of``: any how many of how many shares give the key.
    """
    return _PAGE.substitute(
        policy=_policy(),
        style=_STYLE,
        holder=escape(holder),
        epoch=escape(epoch),
        ceremony=escape(ceremony_fingerprint),
        number=share.index + 1,
        needed=needed,
        of=of,
        count=SHARE_WORDS,
        words="\n".join(f'<li value="{at}">{escape(word)}</li>' for at, word in enumerate(share.words, 1)),
        lost=_when_lost(needed, of),
    )


def _policy() -> str:
    """Return what lets a browser apply this one style sheet, and nothing else at all."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _when_lost(needed: int, of: int) -> str:
    if needed == of:
        return "The key needs every share: without this one no agency can join any more."
    return f"The key is lost for good once fewer than {needed} of the {of} shares are left."
