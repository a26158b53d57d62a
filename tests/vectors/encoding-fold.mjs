// Folding, and the white space of section 2: section 2.1 of docs/spec/encoding-1.md.
//
// How the characters that occur in the vectors fold is in folding-1.json beside them.

const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
export const BLANKS = new RegExp(`[${BLANK}]+`, "u");
const ALL_BLANK = new RegExp(`^[${BLANK}]*$`, "u");
export const OUTER_BLANKS = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, "gu");
const WINDOWS_1252 = new Map(
  [..."€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ"].map((sign, place) => [sign, 0x80 + place]),
);
WINDOWS_1252.delete("\0");
const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const isAscii = (text) => /^[\0-\x7f]*$/.test(text);
export const isBlank = (text) => ALL_BLANK.test(text);

export class Folding {
  constructor(folding, words) {
    this.characters = new Set(folding.characters);
    this.unassigned = new Set(folding.unassigned);
    this.apostrophes = new Set(words.apostrophes);
    this.quotes = new Set(words["double-quotes"]);
    this.combining = new Set(folding.combining);
    this.caseFolding = folding.case_folding;
    this.transliteration = folding.transliteration;
  }

  fold(text) {
    let folded = isAscii(text) ? text : this.toAscii(repairMojibake(text));
    folded = folded.toLowerCase().replaceAll("`", "'").replaceAll("[", "(").replaceAll("]", ")");
    return folded.replace(/[^a-z0-9'\-/()"]+/g, " ").trim();
  }

  toAscii(text) {
    return [...this.decomposed(text)].map((character) => this.letters(character)).join("");
  }

  // A newer Unicode decomposes characters that Unicode 14.0 does not have: they are spaces before it can.
  decomposed(text) {
    const assigned = [...text].map((character) => (this.unassigned.has(character) ? " " : character)).join("");
    return this.caseFolded(assigned.normalize("NFKD")).normalize("NFKD");
  }

  caseFolded(text) {
    return [...text].map((character) => this.caseFolding[character] ?? this.lower(character)).join("");
  }

  lower(character) {
    return isAscii(character) ? character.toLowerCase() : this.known(character);
  }

  known(character) {
    if (this.characters.has(character)) return character;
    throw new Error(`folding-1.json does not have U+${character.codePointAt(0).toString(16)}`);
  }

  letters(character) {
    if (isAscii(character)) return character;
    this.known(character);
    if (this.apostrophes.has(character)) return "'";
    if (this.quotes.has(character)) return '"';
    if (/^[\p{Pd}\u2212]$/u.test(character)) return "-";
    if (this.combining.has(character) || /^\p{Cf}$/u.test(character)) return "";
    if (!/^[\p{L}\p{M}\p{Nd}]$/u.test(character)) return " ";
    return this.transliteration[character] ?? "";
  }
}

export function repairMojibake(text) {
  return text.split(" ").map(repairRun).join(" ");
}

function repairRun(run) {
  while (!isAscii(run)) {
    const octets = [...run].map(windowsOctet);
    if (octets.includes(undefined)) return run;
    try {
      run = UTF_8.decode(Uint8Array.from(octets));
    } catch {
      return run;
    }
  }
  return run;
}

function windowsOctet(character) {
  const point = character.codePointAt(0);
  return point < 0x100 ? point : WINDOWS_1252.get(character);
}
