// Tables as CSV (RFC 4180), for spreadsheets too: a text that they would run as a formula gets an apostrophe, as in the exports.

const FORMULA = /^'*[=+\-@＝＋－＠\t\r\n]/;

/** @param {unknown} value */
function cell(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {unknown[][]} rows the first has the heads */
export function csv(rows) {
  return rows.map((row) => `${row.map(cell).join()}\r\n`).join("");
}
