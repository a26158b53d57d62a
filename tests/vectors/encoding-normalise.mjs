// Normalisation, version 1: section 2 of docs/spec/encoding-1.md, written from that text.
//
// Two things come from tables that stand beside the vectors, besides how characters fold, and nothing else does:
// the word tables, and the formal names of the forenames that occur (tables-1.json).

import { PARTS_OF_DATE, TIME, compact, fullYear, inOrder, plainOfDate, serial, set, settle } from "./encoding-dates.mjs";
import { BLANKS, Folding, OUTER_BLANKS, isAscii, isBlank, repairMojibake } from "./encoding-fold.mjs";

const MOST_CHARACTERS = 4096;
const MOST_OF_VALUE = 256;
const MOST_VARIANTS = 16;
const OUTWARD = "[A-Z]{1,2}[0-9][A-Z0-9]?";
const UK = new RegExp(`^(?:${OUTWARD}[0-9][A-Z]{2}|GIR0AA)$`);
const UK_WITHIN = new RegExp(`\\b(${OUTWARD}) ?([0-9][A-Z]{2})\\b`, "g");
const PUPIL_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ0123456789";
const NOTHING = Object.freeze({ value: "", refused: "", noticed: [] });

const read = (value, ...noticed) => ({ value, refused: "", noticed });
const refuse = (reason) => ({ value: "", refused: reason, noticed: [] });
const isTooLong = (text) => [...text].length > MOST_CHARACTERS;
const escaped = (text) => text.replace(/[/\\^$*+?.()|[\]{}]/g, "\\$&");

export class Normaliser {
  constructor(folding, tables) {
    this.folding = new Folding(folding, tables.words);
    this.formal = tables.formal_names;
    this.tables = tables.words;
    this.words = Object.fromEntries(
      Object.entries(tables.words).map(([name, table]) => [name, Array.isArray(table) ? new Set(table) : table]),
    );
    this.signs = namePatterns(tables.words);
  }

  // Returns the values, the tier, and what was refused and noticed by field.
  normalise(identifiers, { order = "dmy", today = "" } = {}) {
    const birth = this.birth(identifiers.date_of_birth ?? "", Boolean(identifiers.birth_uncertain), order, today);
    const found = { values: {}, tier: birth.uncertain ? "uncertain" : "certain", refusals: {}, notices: {} };
    note(found, "date_of_birth", birth);
    for (const part of PARTS_OF_DATE) {
      if (birth[part]) found.values[part] = String(birth[part]).padStart(part === "year" ? 4 : 2, "0");
    }
    const readers = {
      forename: (text) => this.name(text, true),
      surname: (text) => this.name(text, false),
      middle_name: (text) => this.name(text, false),
      sex: (text) => this.sex(text),
      postcode: (text) => this.postcode(text),
      address: (text) => this.place(text),
      locality: (text) => this.place(text),
      phone: (text) => this.phone(text),
      nhs_number: (text) => this.nhsNumber(text),
      upn: (text) => this.upn(text),
    };
    for (const [field, reader] of Object.entries(readers)) {
      if (!identifiers[field]) continue;
      const reading = reader(identifiers[field]);
      note(found, field, reading);
      if (reading.value) found.values[field] = reading.value;
    }
    found.sharedPostcode = Boolean(identifiers.postcode_shared && found.values.postcode);
    return found;
  }

  // 2.2

  name(text, isForename) {
    if (isTooLong(text)) return refuse("too-long");
    const folded = this.foldedName(text);
    if (!folded && isBlank(text)) return NOTHING;
    const reading = this.firstAlternative(folded, isForename);
    const repaired = !reading.refused && !isAscii(text) && repairMojibake(text) !== text;
    return repaired ? read(reading.value, "mojibake-repaired") : reading;
  }

  foldedName(text) {
    return this.folding.fold(text.replace(/[;|]/g, "/"));
  }

  firstAlternative(folded, isForename) {
    const readings = this.alternatives(folded).map((piece) => {
      const joined = this.joined(piece);
      const reason = this.against(folded, joined, isForename);
      return reason ? refuse(reason) : read(joined);
    });
    return readings.find((reading) => reading.value) ?? readings[0];
  }

  alternatives(folded) {
    const [bare] = this.withoutAsides(folded).split(this.signs.tail);
    return (nameWords(bare).length ? bare : folded).split(this.signs.alternative);
  }

  withoutAsides(folded) {
    const bare = folded.replace(this.signs.aside, " ").split(" ").filter(Boolean).join(" ");
    return bare.replace(/(?<=\S) [dsw]\/o \S.*$/, "");
  }

  joined(piece) {
    let words = nameWords(piece.replace(/\b[0-9]+(?:st|nd|rd|th)\b/g, " "));
    if (!words.length) words = nameWords(piece);
    while (words.length > 1 && this.words.titles.has(words[0])) words = words.slice(1);
    while (words.length > 1 && this.words["name-suffixes"].has(words.at(-1))) words = words.slice(0, -1);
    return words.join("").replaceAll("'", "");
  }

  against(folded, name, isForename) {
    if (!name) return "no-letters";
    if (name.length > MOST_OF_VALUE) return "too-long";
    if (this.words.titles.has(name) && !this.words["titles-also-names"].has(name)) return "title-only";
    const stands =
      this.words["slashed-placeholders"].has(folded) ||
      this.words["name-placeholders"].has(name) ||
      (isForename && this.words["forename-placeholders"].has(name)) ||
      /^(?:x+|(.)\1{2,}|babyof.*)$/.test(name);
    return stands ? "placeholder" : "";
  }

  // 2.3

  birth(text, isMarked, order, today) {
    const date = { year: 0, month: 0, day: 0, uncertain: false, refused: "", noticed: [] };
    this.date(date, text, order, today);
    if (date.refused) PARTS_OF_DATE.forEach((part) => (date[part] = 0));
    if (!isMarked) return date;
    date.uncertain = true;
    date.noticed.push("birth-uncertain");
    if (date.day === 1 || date.day === 15) {
      date.day = 0;
      date.noticed.push("placeholder-day");
    }
    return date;
  }

  date(date, text, order, today) {
    if (isTooLong(text)) return void (date.refused = "too-long");
    const tidy = this.tidyDate(text).replace(TIME, "");
    if (!tidy) return void (date.refused = isBlank(text) ? "" : "not-a-date");
    this.layout(date, tidy, order);
    if (!date.refused && !date.uncertain) settle(date, today, this.words["birth-placeholders"]);
    if (date.refused) date.noticed = [];
  }

  tidyDate(text) {
    let plain = text;
    if (!isAscii(text)) plain = [...this.folding.decomposed(text)].map(plainOfDate).join("");
    plain = plain.toLowerCase().replaceAll(",", " ").replaceAll("\\", "/").replaceAll("_", "-");
    return plain.split(BLANKS).filter(Boolean).join(" ").replace(/^['"]+|['"]+$/g, "");
  }

  layout(date, text, order) {
    let match;
    const whole = (pattern) => (match = pattern.exec(text)) !== null;
    if (whole(/^(\d{4})[-/. ](\d{1,2})(?:[-/. ](\d{1,2})(?:z|[+-]\d{2}:\d{2})?)?$/)) {
      set(date, match[1], match[2], match[3] ?? 0);
    } else if (whole(/^(\d{1,2})[-/. ]{1,2}(\d{1,2})[-/. ]{1,2}(\d{4}|\d{2})$/)) {
      inOrder(date, match[1], match[2], match[3], order);
    } else if (whole(/^(\d{1,2})[-/. ](\d{4})$/)) {
      set(date, match[2], match[1], 0);
    } else if (whole(/^(?:(?:c|ca|circa|about|approx|approximately)\.? ?)?(\d{4})(?:\.0+)?$/)) {
      set(date, match[1], 0, 0);
    } else if (whole(/^(\d{8})(?:t?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\.\d+)?)?(?:z|[+-]\d{4})?)?$/)) {
      compact(date, match[1], order);
    } else if (whole(/^(\d{5})(?:\.\d+)?$/)) {
      serial(date, Number(match[1]));
    } else if (whole(/^(?:(?:age|aged|about|approx|approximately)\.? ?)?\d{1,2}(?:\.0+)? ?(?:y|yr|yrs|years?)?(?: old)?$/)) {
      date.uncertain = true;
      date.noticed.push("age-only");
    } else {
      this.inWords(date, text);
    }
  }

  inWords(date, text) {
    const runs = (text.match(/\d+|[a-z]+/g) ?? []).filter((run) => !this.words["date-fillers"].has(run));
    const months = runs.filter((run) => Object.hasOwn(this.words.months, run));
    const numbers = runs.filter((run) => /^\d/.test(run));
    if (numbers[0]?.length === 4) numbers.reverse();
    const lengths = numbers.map((number) => number.length);
    const isDate =
      [1, 2].includes(numbers.length) &&
      months.length === 1 &&
      runs.length === numbers.length + 1 &&
      [2, 4].includes(lengths.at(-1)) &&
      (lengths.length === 1 || lengths[0] <= 2);
    if (!isDate) {
      const stands = this.words["place-placeholders"].has(runs.join(""));
      return void (date.refused = stands ? "placeholder-date" : "not-a-date");
    }
    date.day = numbers.length === 2 ? Number(numbers[0]) : 0;
    date.month = this.words.months[months[0]];
    fullYear(date, numbers.at(-1));
  }

  // 2.4

  code(text) {
    return this.folding.fold(text).replace(/[^a-z0-9]/g, "");
  }

  sex(text) {
    if (isTooLong(text)) return refuse("too-long");
    const code = this.code(text);
    if (isBlank(text) || this.words["absent-sexes"].has(code)) return NOTHING;
    return Object.hasOwn(this.words.sexes, code) ? read(this.words.sexes[code]) : refuse("not-a-sex-code");
  }

  postcode(text) {
    if (isTooLong(text)) return refuse("too-long");
    const code = this.code(text).toUpperCase();
    if (!code) return isBlank(text) ? NOTHING : refuse("not-a-postcode");
    const isPseudo = code.startsWith("ZZ99");
    if (UK.test(code) && !isPseudo) return read(code);
    const several = this.postcodesIn(text);
    if (several.length) return read(several[0], ...(several.length > 1 ? ["several-postcodes"] : []));
    if (isPseudo) return refuse("pseudo-postcode");
    if (this.words["no-fixed-abode"].has(code.toLowerCase())) return refuse("no-fixed-abode");
    const stands = this.words["place-placeholders"].has(code.toLowerCase()) || /^(?:0+|9+)$/.test(code);
    if (stands) return refuse("placeholder");
    if (code.length < 3 || code.length > 10 || !/[0-9]/.test(code)) return refuse("not-a-postcode");
    const digit = code.at(-3).replace("O", "0").replace("I", "1");
    const letters = code.slice(-2).replaceAll("0", "O").replaceAll("1", "I");
    const repaired = code.slice(0, -3) + digit + letters;
    return UK.test(repaired) ? read(repaired) : read(code, "not-a-uk-postcode");
  }

  postcodesIn(text) {
    const found = [...this.folding.fold(text).toUpperCase().matchAll(UK_WITHIN)].map((match) => match[1] + match[2]);
    return [...new Set(found)].filter((code) => !code.startsWith("ZZ99"));
  }

  place(text) {
    if (isTooLong(text)) return refuse("too-long");
    const words = this.folding.fold(text).replaceAll("'", "").match(/[a-z0-9]+/g) ?? [];
    const joined = words.join("");
    if (this.words["no-fixed-abode"].has(joined)) return refuse("no-fixed-abode");
    if (this.words["place-placeholders"].has(joined)) return refuse("placeholder");
    const value = words.join(" ");
    return value.length > MOST_OF_VALUE ? refuse("too-long") : read(value);
  }

  phone(text) {
    if (isTooLong(text)) return refuse("too-long");
    if (isBlank(text)) return NOTHING;
    let digits = this.folding.fold(text).replaceAll("(0)", "").replace(/[^0-9]/g, "");
    digits = digits.replace(/^(?:0044|44)(?=\d{9,10}$)/, "0");
    const isNumber = /^\d{7,15}$/.test(digits) && !/^(\d)\1*$/.test(digits);
    return isNumber ? read(digits) : refuse("not-a-phone-number");
  }

  number(text) {
    if (isTooLong(text)) return refuse("too-long");
    if (isBlank(text)) return NOTHING;
    const code = this.code(text.replace(OUTER_BLANKS, "").replace(/\.0+$/, ""));
    const stands = !code || this.words["number-placeholders"].has(code) || /^0+$/.test(code);
    return stands ? refuse("placeholder") : read(code.toUpperCase());
  }

  nhsNumber(text) {
    const found = this.number(text);
    if (!found.value) return found;
    if (!/^[0-9]{10}$/.test(found.value)) return refuse("not-an-nhs-number");
    if (/^(.)\1*$/.test(found.value)) return refuse("placeholder");
    const sum = [...found.value].reduce((total, digit, place) => total + (10 - place) * Number(digit), 0);
    // The tenth digit has weight 1: the sum of all ten is a multiple of 11 just where it checks the other nine.
    return sum % 11 === 0 ? found : refuse("wrong-check-digit");
  }

  upn(text) {
    const found = this.number(text);
    if (!found.value) return found;
    if (/^UN[0-9]$/.test(found.value)) return NOTHING;
    if (!/^[A-HJ-NP-RT-Z][0-9]{11}[A-HJ-NP-RT-Z0-9]$/.test(found.value)) return refuse("not-a-upn");
    const worth = (sign) => PUPIL_LETTERS.indexOf(sign);
    const sum = [...found.value.slice(1)].reduce((total, sign, place) => total + (place + 2) * worth(sign), 0);
    if (PUPIL_LETTERS[sum % 23] !== found.value[0]) return refuse("wrong-check-letter");
    return read(found.value, ...(/[A-Z]$/.test(found.value) ? ["temporary-upn"] : []));
  }

  // 2.5

  formalNames(forename) {
    if (Object.hasOwn(this.formal, forename)) return this.formal[forename];
    if (!isAscii(forename)) return [forename]; // made up for a row of padding: on no list
    throw new Error("tables-1.json does not have the formal names of a forename of the vectors");
  }

  // 2.6

  variants(identifiers) {
    const one = (text) => text ?? "";
    const surname = this.name(one(identifiers.surname), false).value;
    const others = [
      ...this.otherNames(one(identifiers.forename), true).map((name) => ({ forename: this.without(name, surname) })),
      ...this.otherNames(one(identifiers.surname), false).map((name) => ({ surname: name })),
      ...this.otherPostcodes(one(identifiers.postcode)).map((postcode) => ({ postcode })),
    ].map((change) => ({ ...identifiers, ...change }));
    const distinct = new Map();
    for (const set of [identifiers, ...others]) {
      const { values, sharedPostcode } = this.normalise(set);
      const key = JSON.stringify([Object.entries(values).sort(), sharedPostcode]);
      if (!distinct.has(key)) distinct.set(key, set);
    }
    return [...distinct.values()].slice(0, MOST_VARIANTS);
  }

  otherPostcodes(text) {
    return isTooLong(text) ? [] : this.postcodesIn(text).slice(1);
  }

  otherNames(text, isForename) {
    if (isTooLong(text)) return [];
    const folded = this.foldedName(text);
    const first = this.firstAlternative(folded, isForename).value;
    const distinct = new Map();
    for (const piece of this.mentioned(folded)) {
      const value = this.joined(piece);
      const isName =
        value.length > 1 &&
        nameWords(piece).length <= 4 &&
        !this.words["name-suffixes"].has(value) &&
        !this.against(piece, value, isForename);
      if (isName && value !== first && !distinct.has(value)) distinct.set(value, piece);
    }
    return [...distinct.values()];
  }

  mentioned(folded) {
    const bare = this.withoutAsides(folded);
    const asides = nameWords(bare).length
      ? [...folded.matchAll(this.signs.aside)].map((match) => match[1] || match[2] || match[3] || "")
      : [];
    const names = asides
      .map((piece) => this.led(piece))
      .filter((piece) => !/[0-9]/.test(piece) && !nameWords(piece).some((word) => this.words["not-names"].has(word)));
    const tails = bare.split(this.signs.tail).slice(1);
    const pieces = [...names, ...tails.map((piece) => this.led(piece))]
      .flatMap((piece) => piece.split(this.signs.tail))
      .flatMap((piece) => piece.split(this.signs.alternative));
    return [...pieces, ...this.alternatives(folded).slice(1)].map((piece) => piece.trim());
  }

  led(piece) {
    return `${piece.trim()} `.replace(this.signs.lead, "").trim();
  }

  without(name, surname) {
    const words = name.split(" ");
    for (let cut = 1; cut < words.length; cut += 1) {
      const rest = words.slice(cut).map((word) => this.name(word, false).value).join("");
      if (surname && rest === surname) return words.slice(0, cut).join(" ");
    }
    return name;
  }
}

function note(found, field, reading) {
  if (reading.refused) found.refusals[field] = reading.refused;
  if (reading.noticed.length) found.notices[field] = [...reading.noticed];
}

function namePatterns(words) {
  const knownAs = words["known-as"].map(escaped).join("|");
  const leads = [knownAs, ...words["aside-leads"].map(escaped)].join("|");
  return {
    tail: new RegExp(`(?<=\\S) (?:${knownAs}) (?=\\S)`),
    lead: new RegExp(`^(?:(?:${leads}) )+`),
    aside: /\(([^()]*)(?:\)|$)|"([^"]*)"|(?<!\S)'([a-z][a-z -]*)'(?!\S)/g,
    alternative: /(?<=[a-z'] )\/[/ ]* |(?<=[a-z'][a-z'])\/[/ ]*(?=[a-z'][a-z'])/,
  };
}

function nameWords(folded) {
  return folded.split(/[^a-z']+/).filter((word) => /[a-z]/.test(word));
}
