// The arithmetic of dates of birth: section 2.3 of docs/spec/encoding-1.md.

export const PARTS_OF_DATE = ["year", "month", "day"];

export const TIME =
  /(?:t| )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?: ?(?:z|utc|gmt|bst|[+-]\d{2}:?\d{2}))?$/;

export function plainOfDate(character) {
  if (/^\p{Nd}$/u.test(character)) return String(digitOf(character));
  if (/^[\p{Pd}\u2212]$/u.test(character)) return "-";
  return /^[\p{Cf}\p{M}]$/u.test(character) ? "" : character;
}

// Decimal digits stand in Unicode in runs of ten, from 0 to 9: how many precede this one tells which it is.
function digitOf(character) {
  const point = character.codePointAt(0);
  let first = point;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first -= 1;
  return (point - first) % 10;
}

export function set(date, year, month, day) {
  Object.assign(date, { year: Number(year), month: Number(month), day: Number(day) });
}

export function inOrder(date, first, second, year, order) {
  const [day, month] = order === "dmy" ? [first, second] : [second, first];
  set(date, 0, month, day);
  if (year.length === 2 && !(date.day && date.month)) return void (date.refused = "placeholder-date");
  fullYear(date, year);
}

export function fullYear(date, digits) {
  date.year = Number(digits);
  if (digits.length === 2) {
    date.year += date.year < 50 ? 2000 : 1900;
    date.noticed.push("two-digit-year");
  }
}

export function compact(date, digits, order) {
  const year = Number(digits.slice(0, 4));
  if (year >= 1900 && year <= 2099 && Number(digits.slice(4, 6)) <= 12) {
    set(date, year, digits.slice(4, 6), digits.slice(6));
  } else {
    inOrder(date, digits.slice(0, 2), digits.slice(2, 4), digits.slice(4), order);
  }
}

export function serial(date, number) {
  if (number < 10_000 || number > 73_050) return void (date.refused = "not-a-date");
  const day = new Date(Date.UTC(1899, 11, 30 + number));
  set(date, day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate());
  date.noticed.push("excel-serial");
}

function daysIn(year, month) {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

export function settle(date, today, placeholders) {
  const refused = (reason) => void (date.refused = reason);
  if (date.year === 0 || date.year === 9999) return refused("placeholder-date");
  if (date.year < 1900 || date.year > 2099) return refused("implausible-year");
  if (date.month > 12 && date.day >= 1 && date.day <= 12) {
    [date.month, date.day] = [date.day, date.month];
    date.noticed.push("day-month-swapped");
  }
  const isMonth = date.month >= 1 && date.month <= 12;
  const isSlip = isMonth && date.day <= 31 && date.day > daysIn(date.year, date.month);
  if (isSlip) {
    date.day = 0;
    date.noticed.push("impossible-day");
  }
  const isPossible = isMonth ? date.day <= daysIn(date.year, date.month) : !date.month && !date.day;
  if (!isPossible) return refused("impossible-date");
  const written = PARTS_OF_DATE.map((part) => String(date[part]).padStart(part === "year" ? 4 : 2, "0")).join("-");
  if (today && written > today) return refused("future-date");
  if (isSlip) return undefined;
  if (placeholders.has(written)) return refused("placeholder-date");
  if (date.month === 1 && date.day === 1) {
    Object.assign(date, { month: 0, day: 0, uncertain: true });
    date.noticed.push("first-of-january");
  } else if (!date.day) {
    date.uncertain = true;
    date.noticed.push("partial-date");
  }
  return undefined;
}
