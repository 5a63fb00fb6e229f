// How values are shown: in the browser's locale, times in the chosen zone.

const NONE = "–";
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

let zone = /** @type {string | undefined} */ (undefined);
/** @type {Map<string, Intl.DateTimeFormat>} */
const dates = new Map();
const counts = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 3 });
const shares = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** Choose the zone of all times; undefined is the browser's own. @param {string | undefined} name */
export function useZone(name) {
  zone = name;
  dates.clear();
}

/** The name of the zone in use. */
export function zoneName() {
  return zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @param {string} kind @param {Intl.DateTimeFormatOptions} options */
function dateFormat(kind, options) {
  let found = dates.get(kind);
  if (!found) {
    found = new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options });
    dates.set(kind, found);
  }
  return found;
}

/** A whole number. @param {number | null | undefined} value */
export function count(value) {
  return value == null ? NONE : counts.format(value);
}

/** A number of things, such as 1 run or 2 runs. @param {number} value @param {string} word */
export function many(value, word) {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

/** A number cut to three digits, such as 12.3K; a huge one with an exponent. @param {number | null | undefined} value */
export function brief(value) {
  return value == null ? NONE : Math.abs(value) < 1e15 ? short.format(value) : value.toExponential(2);
}

/** A share, such as 3.4 %. @param {number | null | undefined} value */
export function percent(value) {
  return value == null || !Number.isFinite(value) ? NONE : shares.format(value);
}

/** US dollars: cents, of less two digits, of millions four. @param {number | null | undefined} value @returns {string} */
export function money(value) {
  if (value == null) return NONE;
  const options = /** @type {Intl.NumberFormatOptions} */ ({
    style: "currency", currency: "USD", currencyDisplay: "narrowSymbol",
  });
  if (value === 0) return new Intl.NumberFormat(undefined, { ...options, maximumFractionDigits: 0 }).format(0);
  if (value > 0 && value < 1e-6) return `<${money(1e-6)}`;
  if (value < 0.1) Object.assign(options, { maximumSignificantDigits: 2, minimumFractionDigits: 0 });
  else if (value >= 1e6) Object.assign(options, { notation: "compact", maximumSignificantDigits: 4 });
  else if (value >= 10_000) Object.assign(options, { maximumFractionDigits: 0 });
  return new Intl.NumberFormat(undefined, options).format(value);
}

/** A length of time from milliseconds. @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms == null) return NONE;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${digits(ms * 1000, ms < 0.1 ? 1 : 0)} µs`;
  if (ms < 1000) return `${digits(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < 60_000) return `${digits(ms / 1000, ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  const pair = (/** @type {number} */ large, /** @type {string} */ unit, /** @type {number} */ rest, /** @type {string} */ smaller) =>
    `${counts.format(large)} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min");
  return pair(Math.floor(seconds / 86_400), "d", Math.floor((seconds % 86_400) / 3600), "h");
}

/** @param {number} value @param {number} most */
function digits(value, most) {
  return value.toLocaleString(undefined, { maximumFractionDigits: most });
}

/** A size. @param {number} bytes */
export function bytes(bytes) {
  if (bytes < 1024) return `${counts.format(bytes)} B`;
  if (bytes < 1024 * 1024) return `${digits(bytes / 1024, 1)} KB`;
  return `${digits(bytes / 1024 / 1024, 1)} MB`;
}

/** A moment to the second, in the zone. @param {string | number} moment */
export function time(moment) {
  return dateFormat("time", { dateStyle: "medium", timeStyle: "medium" }).format(new Date(moment));
}

/** The time of a day alone. @param {string | number} moment */
export function clock(moment) {
  return dateFormat("clock", { timeStyle: "medium" }).format(new Date(moment));
}

/** The hour or the day that begins at a moment. @param {string} moment @param {string} interval */
export function period(moment, interval) {
  return interval === "hour" ? dateFormat("hour", { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(new Date(moment)) : day(moment);
}

/** @param {string | number} moment */
function day(moment) {
  return dateFormat("day", { dateStyle: "medium" }).format(new Date(moment));
}

/** A moment with all its digits and its zone, as it is copied into a message. @param {string} moment */
export function exact(moment) {
  const fraction = /\.\d+/.exec(moment)?.[0] ?? "";
  const parts = dateFormat("exact", {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23", timeZoneName: "short",
  }).formatToParts(new Date(moment));
  const part = (/** @type {string} */ type) => parts.find((one) => one.type === type)?.value ?? "";
  const day = `${part("year")}-${part("month")}-${part("day")}`;
  return `${day} ${part("hour")}:${part("minute")}:${part("second")}${fraction} ${part("timeZoneName")}`;
}

/** How long ago, such as 3 min ago, or in 2 h. @param {string | number} moment @param {number} now */
export function ago(moment, now = Date.now()) {
  const seconds = (now - new Date(moment).getTime()) / 1000;
  const far = Math.abs(seconds);
  if (seconds < 10 && seconds > -60) return "just now";
  if (far >= 7 * 86_400) return day(moment);
  const [size, unit] = far < 60 ? [1, "s"] : far < 3600 ? [60, "min"] : far < 86_400 ? [3600, "h"] : [86_400, "d"];
  const text = `${Math.floor(far / size)} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** Milliseconds since 1970 with the microseconds that Date drops. @param {string} moment */
export function precise(moment) {
  const fraction = /\.(\d+)/.exec(moment)?.[1] ?? "";
  const micros = fraction.length > 3 ? Number(fraction.slice(3, 6).padEnd(3, "0")) / 1000 : 0;
  return Date.parse(moment) + micros;
}

/** A text whose invisible characters can be seen: none moves, hides or turns round what stands beside. @param {string} text */
export function visible(text) {
  return text.replace(CONTROL, (one) => {
    const code = one.charCodeAt(0);
    if (code === 13) return "";
    return `⟨${code.toString(16).padStart(2, "0")}⟩`;
  });
}

/** A text on one line, cut; marks on a letter that would reach the lines beside it are left out. @param {string | null | undefined} text @param {number} most */
export function line(text, most = 300) {
  const found = visible((text ?? "").slice(0, most + 1)).replace(/\s+/g, " ").replace(/(\p{M}{4})\p{M}+/gu, "$1").trim();
  return text && text.length > most ? `${found.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : found;
}
