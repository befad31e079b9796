/** Small things that draw: elements, tables, numbers. Texts are always texts, never markup. */

export function element(name, attributes, ...children) {
  return build(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function build(it, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    it.setAttribute(name, value);
  }
  it.append(...children);
  return it;
}

export function fill(parent, children) {
  parent.replaceChildren(...children);
}

/** Columns whose head begins with "> " hold numbers; a cell is a text, an element, or { long, value }. */
export function table(title, heads, rows) {
  const number = heads.map((head) => head.startsWith("> "));
  const kind = (i) => number[i] ? { class: "number" } : {};
  return element("table", {},
    ...(title ? [element("caption", {}, title)] : []),
    element("thead", {}, element("tr", {}, ...heads.map((head, i) =>
      element("th", { scope: "col", ...kind(i) }, head.replace(/^> /, ""))))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell, i) =>
      cell?.long ? element("td", { class: "long" }, cell.value) : element("td", kind(i), cell))))));
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function compact(value) {
  return NUMBER.format(value < 10 ? value : Math.round(value));
}

export function bits(value) {
  const units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function moment(iso) {
  const time = new Date(iso);
  const pad = (number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}
