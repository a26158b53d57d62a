// A second implementation of docs/spec/encoding-1.md, in JavaScript for Node 18 or newer, without dependencies.
//
//     node tests/vectors/encoding.mjs tests/vectors/encoding-1.json
//
// checks every vector of the file, prints how many there are of each kind and which disagree, and exits with 1
// if any does.  It reads folding-1.json and tables-1.json beside the file of vectors.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import * as encode from "./encoding-encode.mjs";
import { Normaliser } from "./encoding-normalise.mjs";

const MOST_SHOWN = 10;
const MOST_CHARACTERS_SHOWN = 200;
const ABOUT_ALL = ["provenance", "epoch_key", "tables_digest", "conformance", "rows_in_full"];
// Foldings are of every character there is: they need the transliteration library.
const NEED_A_LIBRARY = ["foldings"];
const hex = (text) => Buffer.from(text, "hex");

// For each kind of vector: what this implementation makes of one, in the form in which the vector says it.
function checks(vectors, normaliser) {
  const epochKey = hex(vectors.epoch_key);
  const formalNames = (forename) => normaliser.formalNames(forename);
  const encoders = new Map(
    vectors.profiles.map(({ profile }) => [profile.name, new encode.Encoder(profile, epochKey, formalNames)]),
  );
  const people = vectors.people.map(({ identifiers }) => normaliser.normalise(identifiers));
  const normalised = ({ identifiers, date_order: order = "dmy", today = "" }) => {
    const { values, tier, refusals, notices, sharedPostcode } = normaliser.normalise(identifiers, { order, today });
    return { values, tier, refusals, notices, shared_postcode: sharedPostcode };
  };
  const conformance = ({ conformance_digest: wanted, profile }) => {
    if (!wanted) return {};
    const { people: count, today } = vectors.conformance;
    const everyone = vectors.people.slice(0, count).map((one) => normaliser.normalise(one.identifiers, { today }));
    const encoder = encoders.get(profile.name);
    return { conformance_digest: encode.conformanceDigest(encoder, epochKey, vectors.tables_digest, everyone) };
  };
  const row = (octets) =>
    octets.length <= vectors.rows_in_full
      ? { hex: octets.toString("hex") }
      : { octets: octets.length, first: octets.toString("hex", 0, 48), sha256: encode.sha256(octets) };
  return {
    people: normalised,
    normalisation: normalised,
    variants: ({ identifiers }) => ({
      sets: normaliser.variants(identifiers).map((set) => normaliser.normalise(set).values),
    }),
    tables: () => ({ digest: tablesDigest(normaliser.tables) }),
    formal_names: ({ forename }) => ({ names: formalNames(forename) }),
    tokens: ({ feature, value, shared_postcode: sharedPostcode = false }) => ({
      tokens: encode.tokens(feature, { values: { [feature.field]: value }, sharedPostcode }, formalNames).sort(),
    }),
    components: ({ component, values }) => ({ value: encode.component(component, values) }),
    profiles: (vector) => ({ digest: encode.profileDigest(vector.profile), ...conformance(vector) }),
    derivations: ({ label }) => ({ key: encode.derive(epochKey, label).toString("hex") }),
    salt_blocks: ({ key, components }) => ({ block: encode.saltBlock(hex(key), components).toString("hex") }),
    token_blocks: ({ key, label, token }) => ({ block: encode.tokenBlock(hex(key), label, token).toString("hex") }),
    positions: ({ key, block, k, length }) => ({ positions: encode.positions(hex(key), hex(block), k, length) }),
    diffusion: ({ key, length, inputs }) => {
      const table = encode.diffusionTable(hex(key), length, inputs);
      const octets = Buffer.alloc(4 * length * inputs);
      table.flat().forEach((place, number) => octets.writeUInt32LE(place, 4 * number));
      return { first: table.slice(0, 2), sha256: encode.sha256(octets) };
    },
    rows: ({ profile, handle, people: numbers }) => ({
      rows: encoders.get(profile).rows(hex(handle), numbers.map((number) => people[number])).map(row),
    }),
  };
}

function tablesDigest(tables) {
  return encode.sha256(Buffer.from(`clew/normaliser-tables/1\0${encode.canonicalJson(tables)}`, "utf8"));
}

// Returns where a vector and what was made of it disagree: [what, wanted, made], or null.
function disagreement(vector, make) {
  try {
    const made = make(vector);
    const wrong = Object.keys(made).find((name) => !isDeepStrictEqual(made[name], vector[name]));
    return wrong ? [wrong, vector[wrong], made[wrong]] : null;
  } catch (error) {
    return ["error", undefined, error.message];
  }
}

function shown(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > MOST_CHARACTERS_SHOWN ? `${text.slice(0, MOST_CHARACTERS_SHOWN)}...` : text;
}

function check(file) {
  const beside = (name) => JSON.parse(readFileSync(join(dirname(file), name), "utf8"));
  const vectors = JSON.parse(readFileSync(file, "utf8"));
  const normaliser = new Normaliser(beside("folding-1.json"), beside("tables-1.json"));
  const makers = checks(vectors, normaliser);
  let disagreeing = 0;
  for (const kind of Object.keys(vectors).filter((name) => !ABOUT_ALL.includes(name))) {
    if (NEED_A_LIBRARY.includes(kind)) {
      console.log(`${kind}: ${vectors[kind].length} not checked: they need the transliteration library`);
      continue;
    }
    const make = makers[kind] ?? (() => ({ [kind]: "a kind of vector that is not known here" }));
    const found = vectors[kind]
      .map((vector, number) => [number, disagreement(vector, make)])
      .filter(([, wrong]) => wrong);
    console.log(`${kind}: ${vectors[kind].length} checked, ${found.length} disagree`);
    for (const [number, [what, wanted, made]] of found.slice(0, MOST_SHOWN)) {
      console.log(`  ${kind}[${number}].${what}: ${shown(wanted)} in the file, ${shown(made)} here`);
    }
    disagreeing += found.length;
  }
  return disagreeing;
}

if (process.argv.length !== 3) {
  console.error("usage: node tests/vectors/encoding.mjs tests/vectors/encoding-1.json");
  process.exitCode = 2;
} else if (check(process.argv[2])) {
  process.exitCode = 1;
}
