// Tokens, salts, keys, positions, filters, diffusion, rows, exact tokens and padding: sections 3 to 9, 11 and 12
// of docs/spec/encoding-1.md, written from that text.  Characters are code points: made-up names have characters
// beyond U+FFFF.

import { createCipheriv, createHash, createHmac } from "node:crypto";

const MOST_NUMBERS = 2 ** 32;
const SOUNDS_OTHERWISE = 0xf0000;
const SOUNDS_ALIKE = 0x100000;
const LEAST_TO_BEGIN_ALIKE = 80;
const LEAST_TO_SOUND_ALIKE = 176;
const LEAST_CHARACTERS = 6;
const GROUPS = ["bfpv", "cgjkqsxz", "dt", "l", "mn", "r"];

// Keys and framing (1 and 5)

const mac = (key, message) => createHmac("sha256", key).update(message).digest();

// AES-CMAC (RFC 4493) of a text, under a key of its own for the purpose.
function code(key, purpose, text) {
  const own = mac(key, lengthPrefixed(...purpose));
  const whole = doubled(encrypt(own, Buffer.alloc(16)));
  const message = Buffer.from(text, "utf8");
  const size = Math.max(16, Math.ceil(message.length / 16) * 16);
  const padded = Buffer.alloc(size);
  message.copy(padded);
  if (message.length < size) padded[message.length] = 0x80;
  const subkey = message.length < size ? doubled(whole) : whole;
  subkey.forEach((octet, place) => (padded[size - 16 + place] ^= octet));
  let state = Buffer.alloc(16);
  for (let start = 0; start < size; start += 16) state = encrypt(own, xor(state, padded.subarray(start, start + 16)));
  return state;
}

function doubled(block) {
  const number = BigInt(`0x${block.toString("hex")}`) << 1n;
  const reduced = number >> 128n ? (number ^ 0x87n) & ((1n << 128n) - 1n) : number;
  return Buffer.from(reduced.toString(16).padStart(32, "0"), "hex");
}

export const sha256 = (octets) => createHash("sha256").update(octets).digest("hex");

export function lengthPrefixed(...texts) {
  const parts = texts.flatMap((text) => {
    const octets = Buffer.from(text, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(octets.length);
    return [length, octets];
  });
  return Buffer.concat(parts);
}

export function derive(epochKey, label) {
  if (epochKey.length !== 32) throw new Error("an epoch key has 32 octets");
  // HKDF-Expand of one block: no more than 32 octets are ever wanted.
  return mac(epochKey, Buffer.concat([Buffer.from(`clew/derive/1\0${label}`, "utf8"), Buffer.of(1)]));
}

export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${members.join(",")}}`;
}

export function profileDigest(profile) {
  const { decision, ...content } = profile;
  return sha256(Buffer.from(`clew/profile/1\0${canonicalJson(content)}`, "utf8"));
}

// Tokens (3)

export const tokens = (feature, person, formalNames) => [...new Set(pieces(feature, person, formalNames))];

// What a value is cut into: a bigram that occurs twice is there twice.
function pieces(feature, { values, sharedPostcode }, formalNames) {
  const value = values[feature.field] ?? "";
  if (!value || (sharedPostcode && feature.field === "postcode")) return [];
  const cuts = {
    bigrams: () =>
      value.split(" ").flatMap((word) => {
        const padded = ["_", ...word, "_"];
        return padded.slice(1).map((character, place) => padded[place] + character);
      }),
    prefixes: () => {
      const characters = [...value];
      const lengths = feature.prefixes.filter((n) => n <= characters.length);
      return lengths.map((n) => characters.slice(0, n || characters.length).join(""));
    },
    initial: () => [initial(value)],
    whole: () => [value],
    canonical: () => formalNames(value),
  };
  return cuts[feature.kind]();
}

// Salts (4)

const initial = (name) => [...name][0] ?? "";

export function soundex(word) {
  if (!word) return "";
  const codeOf = (letter) => GROUPS.findIndex((group) => group.includes(letter)) + 1;
  const codes = [...word].filter((letter, place) => !place || !"hw".includes(letter)).map(codeOf);
  const once = codes.filter((code, place) => !place || code !== codes[place - 1]);
  const digits = once.slice(1).filter((code) => code > 0);
  return word[0].toUpperCase() + `${digits.join("")}000`.slice(0, 3);
}

// Of a name made up to sound otherwise (12) the code of what stayed, and its first made-up character.
function phonetic(name) {
  const isOtherwise = (character) => /^[\u{f0000}-\u{fffff}]$/u.test(character);
  const characters = [...name];
  return soundex(characters.filter((one) => !isOtherwise(one)).join("")) + (characters.find(isOtherwise) ?? "");
}

export function component(name, values) {
  const { forename = "", surname = "", month = "", day = "" } = values;
  const pair = (...parts) => (parts.every(Boolean) ? parts.sort().join(" ") : "");
  const made = {
    "month-day": () => pair(month, day),
    "forename-initial": () => initial(forename),
    "surname-initial": () => initial(surname),
    "forename-phonetic": () => phonetic(forename),
    "surname-phonetic": () => phonetic(surname),
    initials: () => pair(initial(forename), initial(surname)),
    "names-phonetic": () => pair(phonetic(forename), phonetic(surname)),
    dwelling: () => dwelling(values.address ?? ""),
  };
  return Object.hasOwn(made, name) ? made[name]() : (values[name] ?? "");
}

function dwelling(address) {
  const number = address.split(" ").map((word) => /^[0-9]+/.exec(word)?.[0]).find(Boolean);
  const runs = address.match(/[a-z]+/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  return number && longest.length >= 2 ? `${number} ${soundex(longest)}` : "";
}

// Positions (6) and diffusion (7)

const xor = (left, right) => Buffer.from(left.map((octet, place) => octet ^ right[place]));

export function saltBlock(key, components) {
  const hashed = (value, ...purpose) => code(key, ["salt", ...purpose], value);
  const distinct = new Map(components);
  return [...distinct].reduce((block, [name, value]) => xor(block, hashed(value, name)), hashed(""));
}

export function tokenBlock(key, label, token) {
  return code(key, ["token", label], token);
}

const wordsOf = (octets) => Array.from({ length: octets.length / 4 }, (_, place) => octets.readUInt32LE(4 * place));

const ceiling = (length) => Math.floor(MOST_NUMBERS / length) * length;

const ciphers = new Map();

// One cipher without chaining serves all blocks under a key: encrypting them one by one gives the same.
function encrypt(key, block) {
  const name = key.toString("hex");
  if (!ciphers.has(name)) ciphers.set(name, createCipheriv("aes-256-ecb", key, null).setAutoPadding(false));
  return ciphers.get(name).update(block);
}

export function positions(key, block, k, length) {
  const found = [];
  for (let counter = 0; found.length < k; counter += 1) {
    const count = Buffer.alloc(16);
    count.writeUInt32LE(counter);
    const words = wordsOf(encrypt(key, xor(block, count)));
    found.push(...words.filter((word) => word < ceiling(length)).map((word) => word % length));
  }
  return found.slice(0, k);
}

// How many of a view's positions a token has among tokens of so much weight.
function share(shared, k, weight, hash) {
  return Math.floor((Math.floor((k * shared * 65536) / weight) + hash.readUInt16LE(0)) / 65536);
}

const tables = new Map();

export function diffusionTable(key, length, inputs) {
  const name = [key.toString("hex"), length, inputs].join();
  if (!tables.has(name)) tables.set(name, drawDiffusion(key, length, inputs));
  return tables.get(name);
}

function drawDiffusion(key, length, inputs) {
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const table = [];
  let words = [];
  for (let bit = 0; bit < length; bit += 1) {
    const chosen = new Set();
    while (chosen.size < inputs) {
      if (!words.length) words = wordsOf(stream.update(Buffer.alloc(4096))).reverse();
      const word = words.pop();
      if (word < ceiling(length)) chosen.add(word % length);
    }
    table.push([...chosen]);
  }
  return table;
}

function packed(bits) {
  const octets = Buffer.alloc(bits.length / 8);
  bits.forEach((bit, place) => (octets[place >> 3] |= bit << (7 - (place & 7))));
  return octets;
}

// Rows (8) and the conformance digest (9)

export class Encoder {
  constructor(profile, epochKey, formalNames) {
    this.profile = profile;
    this.digest = profileDigest(profile);
    this.formalNames = formalNames;
    this.epochKey = epochKey;
    this.salt = derive(epochKey, `salt/${this.digest}`);
    this.token = derive(epochKey, `token/${this.digest}`);
    this.views = profile.views.map((view) => ({
      ...view,
      diffusion: view.diffusion ?? profile.diffusion,
      keys: {
        position: derive(epochKey, `position/${this.digest}/${view.name}`),
        diffusion: derive(epochKey, `diffusion/${this.digest}/${view.name}`),
      },
    }));
  }

  // Returns a view's octets, or null if the person does not have it.
  view(view, person) {
    if (!view.tiers.includes(person.tier)) return null;
    const components = view.salt.map((name) => [name, component(name, person.values)]);
    if (!components.every(([, value]) => value)) return null;
    const cut = view.features.flatMap((feature) =>
      tokens(feature, person, this.formalNames).map((token) => [feature, token]),
    );
    if (!cut.length) return null;
    const salt = saltBlock(this.salt, components);
    const bits = new Uint8Array(this.profile.length);
    const weight = view.features.reduce(
      (sum, feature) => sum + feature.k * pieces(feature, person, this.formalNames).length, 0,
    );
    for (const [{ label, k }, token] of cut) {
      const hash = tokenBlock(this.token, label, token);
      const count = view.positions === undefined ? k : share(view.positions, k, weight, hash);
      for (const place of positions(view.keys.position, xor(hash, salt), count, bits.length)) bits[place] = 1;
    }
    if (view.diffusion === 1) return packed(bits);
    const table = diffusionTable(view.keys.diffusion, bits.length, view.diffusion);
    return packed(table.map((inputs) => inputs.reduce((sum, place) => sum ^ bits[place], 0)));
  }

  // Returns a row's octets, or null if the person has no view.
  row(handle, variant, person) {
    const views = this.views.map((view) => this.view(view, person));
    if (views.every((octets) => octets === null)) return null;
    const head = Buffer.alloc(22);
    handle.copy(head);
    head[16] = variant;
    head[17] = person.tier === "uncertain" ? 1 : 0;
    head.writeUInt32LE(views.reduce((sum, octets, place) => sum + (octets ? 2 ** place : 0), 0), 18);
    const filters = views.map((octets) => octets ?? Buffer.alloc(this.profile.length / 8));
    return Buffer.concat([head, ...filters, ...this.profile.exact.map((kind) => this.exact(kind, person))]);
  }

  exact(kind, person) {
    const number = person.values[kind];
    if (!number) return Buffer.alloc(16);
    const key = derive(this.epochKey, `exact/${this.digest}/${kind}`);
    return code(key, ["exact", kind], number);
  }

  // Returns the rows of a record's sets of identifiers, and of padding, in the order of their variants.
  rows(handle, people) {
    const rows = people.map((person, variant) => this.row(handle, variant, person));
    const encoded = people.filter((_, variant) => rows[variant] !== null);
    if (this.profile.rows === 1 || !encoded.length) return rows.filter((row) => row !== null);
    const others = encoded.slice(1);
    for (let number = 1; encoded.length + number <= this.profile.rows; number += 1) {
      others.push(this.padding(handle, number, encoded[0]));
    }
    const key = derive(this.epochKey, `padding/${this.digest}`);
    const first = lengthPrefixed("padding", "order");
    const drawn = others
      .map((person, place) => [mac(key, Buffer.concat([first, handle, Buffer.of(place)])), person])
      .sort(([one], [other]) => Buffer.compare(one, other));
    return [encoded[0], ...drawn.map(([, person]) => person)].map((person, variant) => this.row(handle, variant, person));
  }

  // Returns the first set of identifiers with one of its names made up.
  padding(handle, number, person) {
    const fields = this.nameFields();
    const [forename, surname] = ["forename", "surname"].map((field) =>
      fields.has(field) ? (person.values[field] ?? "") : "",
    );
    const characters = Math.max([...forename].length, [...surname].length, LEAST_CHARACTERS);
    const key = derive(this.epochKey, `padding/${this.digest}`);
    const name = mac(key, Buffer.concat([lengthPrefixed("padding", "name"), handle, Buffer.of(number)]));
    const drawn = createCipheriv("aes-256-ctr", name, Buffer.alloc(16)).update(Buffer.alloc(2 + 2 * characters));
    const isForename = forename && (drawn[0] % 2 === 0 || !surname);
    const changed = isForename ? { forename: madeUp(forename, drawn) } : { surname: madeUp(surname, drawn) };
    return { ...person, values: { ...person.values, ...changed } };
  }

  nameFields() {
    const salted = { forename: ["forename"], surname: ["surname"], initials: ["forename", "surname"] };
    salted["names-phonetic"] = salted.initials;
    const fields = this.views.flatMap((view) => [
      ...view.features.map((feature) => feature.field),
      ...view.salt.flatMap((part) => salted[part] ?? salted[part.split("-")[0]] ?? []),
    ]);
    return new Set(fields);
  }
}

function madeUp(name, drawn) {
  const written = [...name];
  const kind = drawn[1];
  const number = (place) => drawn.readUInt16LE(2 + 2 * place);
  const vowels = written.flatMap((letter, place) => (place && "aeiouy".includes(letter) ? [place] : []));
  if (kind >= LEAST_TO_SOUND_ALIKE && vowels.length) {
    written[vowels[number(0) % vowels.length]] = String.fromCodePoint(SOUNDS_ALIKE + number(1));
    return written.join("");
  }
  const length = written.length || LEAST_CHARACTERS;
  const half = Math.ceil(length / 2);
  const kept = kind >= LEAST_TO_BEGIN_ALIKE && written.length > 1 ? half + (kind % (length - half)) : 0;
  const others = Array.from({ length: length - kept }, (_, place) =>
    String.fromCodePoint(SOUNDS_OTHERWISE + number(place)),
  );
  return [...written.slice(0, kept), ...others].join("");
}

export function numbered(number) {
  const handle = Buffer.alloc(16);
  handle.writeUInt32BE(number, 12);
  return handle;
}

export function conformanceDigest(encoder, epochKey, tablesDigest, people) {
  const rows = people.flatMap((person, number) => encoder.rows(numbered(number), [person]));
  const first = lengthPrefixed("conformance", encoder.digest, tablesDigest);
  return mac(derive(epochKey, "conformance"), Buffer.concat([first, ...rows])).toString("hex");
}
