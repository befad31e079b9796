import { element, svg, table, compact, bits, moment, fill } from "./draw.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["overview", "leases", "tunnels", "packets", "configuration"];
const PAGE = 50;
const HISTORY = 150;
const HEADERS = { "X-DSTM": "1" };

let person = null;
let events = null;
let node = null;
let before = null;
const history = { traffic: [], pools: new Map() };

// Logging in and out

async function call(path, options = {}) {
  const answer = await fetch("api/" + path, { ...options, headers: { ...HEADERS, ...options.headers } });
  if (answer.status === 401 && path !== "session") {
    showLogin();
    throw new Error("Log in first.");
  }
  const body = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) {
    throw new Error(body.detail);
  }
  return body;
}

function showLogin() {
  person = null;
  events?.close();
  events = null;
  node = before = null;
  $("nav").hidden = $("logout").hidden = true;
  $("person").textContent = $("live").textContent = "";
  for (const view of VIEWS) {
    $(view).hidden = true;
  }
  $("login").hidden = false;
  $("name").focus();
}

function welcome(who) {
  person = who;
  $("login").hidden = true;
  $("nav").hidden = $("logout").hidden = false;
  $("person").textContent = `${who.name} (${who.role})`;
  listen();
  show();
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("refused").textContent = "";
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const body = JSON.stringify({ name: $("name").value, password: $("password").value });
    welcome(await call("session", { method: "POST", body, headers: { "Content-Type": "application/json" } }));
  } catch (refused) {
    $("refused").textContent = refused.message;
    $("password").focus();
  } finally {
    $("password").value = "";
    button.disabled = false;
  }
});

$("logout").addEventListener("click", async () => {
  await fetch("api/session", { method: "DELETE", headers: HEADERS });
  showLogin();
});

// Light and dark

function theme(wanted) {
  document.documentElement.dataset.theme = wanted;
  $("theme").textContent = wanted === "dark" ? "Light" : "Dark";
}

$("theme").addEventListener("click", () => {
  const wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("dstm-theme", wanted);
  theme(wanted);
});

theme(localStorage.getItem("dstm-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));

// Live data

function listen() {
  events?.close();
  events = new EventSource("api/events");
  events.onmessage = (event) => {
    $("live").textContent = "● live";
    $("live").className = "good";
    update(JSON.parse(event.data));
  };
  events.onerror = async () => {
    $("live").textContent = "○ reconnecting";
    $("live").className = "warn";
    try {
      await call("session");
      if (events?.readyState === EventSource.CLOSED) {
        setTimeout(() => person && listen(), 3000);
      }
    } catch (refused) {
      if (refused instanceof TypeError) {
        setTimeout(() => person && listen(), 3000);
      } else {
        showLogin();
      }
    }
  };
}

function update(latest) {
  before = node;
  node = latest;
  remember();
  const choice = document.querySelector("#tunnels select");
  const names = node.teps.map((tep) => tep.name);
  if (names.join("\n") !== [...choice.options].map((option) => option.value).join("\n")) {
    fill(choice, names.map((name) => element("option", { value: name }, name)));
  }
  if (person) {
    draw();
  }
}

/** Packets and bytes a second of a counter of a TEP, since the event before. */
function rate(tep, name, unit) {
  const former = before?.teps.find((other) => other.name === tep.name);
  const seconds = before ? (Date.parse(node.time) - Date.parse(before.time)) / 1000 : 0;
  const now = tep.counters[name]?.[unit] ?? 0;
  const then = former?.counters[name]?.[unit] ?? now;
  return seconds > 0 ? Math.max(0, now - then) / seconds : 0;
}

const sum = (list, value) => list.reduce((total, item) => total + value(item), 0);
const drops = (tep) => Object.keys(tep.counters).filter((name) => name.startsWith("drop-"));

function remember() {
  if (before) {
    history.traffic.push({
      up: 8 * sum(node.teps, (tep) => rate(tep, "in-all-ipv6", "bytes")),
      down: 8 * sum(node.teps, (tep) => rate(tep, "in-all-ipv4", "bytes")),
    });
    history.traffic.splice(0, history.traffic.length - HISTORY);
  }
  for (const pool of node.pools) {
    const line = history.pools.get(pool.name) ?? [];
    line.push(pool.capacity ? (pool.capacity - pool.free) / pool.capacity : 0);
    line.splice(0, line.length - HISTORY);
    history.pools.set(pool.name, line);
  }
}

// Views

function view() {
  const wanted = location.hash.slice(1);
  return VIEWS.includes(wanted) ? wanted : "overview";
}

function show() {
  if (!person) {
    return;
  }
  for (const name of VIEWS) {
    $(name).hidden = name !== view();
  }
  for (const link of $("nav").querySelectorAll("a")) {
    if (link.hash === "#" + view()) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
  document.title = `${$(view() + "-title").textContent} – DSTM`;
  if (node) {
    draw();
  }
  if (view() === "leases" || view() === "tunnels") {
    search($(view()), 0);
  }
}

addEventListener("hashchange", () => {
  show();
  $("content").focus();
});

function draw() {
  const drawing = { overview: drawOverview, packets: drawCounters, configuration: drawConfigurations }[view()];
  drawing?.();
}

let shownAlarms = "";

function drawAlarms() {
  const { findings } = node.health;
  const text = JSON.stringify(findings);
  if (text === shownAlarms) {
    return; // Screen readers speak again when a live region is written again.
  }
  shownAlarms = text;
  fill($("alarms"), findings.length
    ? findings.map((finding) => element("div", { class: `alarm ${finding.severity}` },
        element("p", {}, element("strong", {}, `${finding.severity}: ${finding.subject}. `), finding.sentence),
        element("p", { class: "advice" }, finding.advice)))
    : [element("p", { class: "fine" }, "All is well.")]);
}

function drawOverview() {
  drawAlarms();
  const figures = [];
  if (node.server) {
    figures.push(["Leases", compact(sum(node.pools, (pool) => pool.active))]);
    figures.push(["Free", compact(sum(node.pools, (pool) => pool.free))]);
  }
  if (node.teps.length) {
    const last = history.traffic.at(-1) ?? { up: 0, down: 0 };
    figures.push(["Bindings", compact(sum(node.teps, (tep) => tep.bindings))]);
    figures.push(["From nodes", bits(last.up)], ["To nodes", bits(last.down)]);
    figures.push(["Drops a second",
      compact(sum(node.teps, (tep) => sum(drops(tep), (name) => rate(tep, name, "packets"))))]);
  }
  if (node.client) {
    figures.push(["Client", node.client.state], ["Address", node.client.lease?.address ?? "none"]);
  }
  $("version").textContent = node.version;
  fill($("figures"), figures.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  fill($("topology"), [topology()]);
  fill($("traffic"), [trafficGraph()]);
  drawPools();
}

function drawPools() {
  fill($("pools"), node.pools.length
    ? [table("", ["Pool", "Ranges", "Use", "> Active", "> Resting", "> Free", "Lately", "TEP"], node.pools.map((pool) => [
        pool.name,
        { long: true, value: pool.ranges.join(", ") + (pool.psidLength ? `, shared by ${2 ** pool.psidLength}` : "") },
        bar(pool),
        compact(pool.active),
        compact(pool.quarantined + pool.offered),
        compact(pool.free),
        spark(history.pools.get(pool.name) ?? [], pool.name),
        pool.tep,
      ]))]
    : [element("p", {}, node.server ? "No pool is configured." : "This node has no server.")]);
}

function bar(pool) {
  const part = (value) => pool.capacity ? Math.min(100, 100 * value / pool.capacity) : 0;
  const active = part(pool.active - pool.draining);
  return svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img",
    "aria-label": `${Math.round(active)} % active` },
    svg("rect", { class: "ground", width: 100, height: 10 }),
    svg("rect", { class: "active", width: active, height: 10 }),
    svg("rect", { class: "resting", x: active, width: part(pool.quarantined + pool.offered), height: 10 }));
}

function points(values, width, height, most) {
  const step = width / (HISTORY - 1);
  const start = width - step * (values.length - 1);
  return values.map((value, i) => `${(start + i * step).toFixed(1)},${(height - height * value / most).toFixed(1)}`).join(" ");
}

function spark(values, name) {
  return svg("svg", { class: "spark", viewBox: "0 0 100 20", preserveAspectRatio: "none", role: "img",
    "aria-label": `Use of ${name} lately` },
    svg("polyline", { class: "upward", points: points(values, 100, 18, 1), "vector-effect": "non-scaling-stroke" }));
}

function trafficGraph() {
  const most = Math.max(1000, ...history.traffic.flatMap((sample) => [sample.up, sample.down]));
  const last = history.traffic.at(-1) ?? { up: 0, down: 0 };
  return svg("svg", { viewBox: "0 0 440 190", role: "img",
    "aria-label": `Traffic: ${bits(last.up)} from nodes, ${bits(last.down)} to nodes` },
    ...[0, 0.5, 1].flatMap((part) => [
      svg("line", { class: "axis", x1: 70, x2: 440, y1: 165 - 150 * part, y2: 165 - 150 * part }),
      svg("text", { class: "small", x: 64, y: 169 - 150 * part, "text-anchor": "end" }, bits(most * part)),
    ]),
    svg("text", { class: "small", x: 70, y: 184 }, "5 min ago"),
    svg("text", { class: "small", x: 440, y: 184, "text-anchor": "end" }, "now"),
    svg("g", { transform: "translate(70 15)" },
      svg("polyline", { class: "upward", points: points(history.traffic.map((sample) => sample.up), 370, 150, most) }),
      svg("polyline", { class: "downward", points: points(history.traffic.map((sample) => sample.down), 370, 150, most) })));
}

/** Boxes for what is here, and who is joined to whom. */
function topology() {
  const parts = [];
  const box = (x, y, width, state, title, ...lines) => {
    parts.push(svg("rect", { class: `box ${state}`, x, y, width, height: 26 + 18 * lines.length, rx: 8 }),
      svg("text", { x: x + 10, y: y + 19 }, title),
      ...lines.map((line, i) => svg("text", { class: "small", x: x + 10, y: y + 37 + 18 * i }, line)));
  };
  const wire = (kind, x1, y1, x2, y2) => parts.push(svg("line", { class: kind, x1, y1, x2, y2 }));
  const failing = (subject) => node.health.findings.some((finding) =>
    finding.subject === subject && finding.severity === "failing");
  const rows = Math.max(1, node.teps.length, node.client ? 1 : 0);
  const height = Math.max(190, 40 + 90 * rows + (node.server ? 30 + 62 * Math.ceil(node.pools.length / 2) : 0));
  const words = [];
  if (node.teps.length) {
    node.teps.forEach((tep, i) => {
      const y = 20 + 90 * i;
      wire("tunnel", 125, y + 31, 165, y + 31);
      wire("wire", 315, y + 31, 350, y + 31);
      const state = { forwarding: "good", waiting: "warn" }[tep.state] ?? "bad";
      box(165, y, 150, state, `TEP ${tep.name}`, tep.state, `${tep.bindings} bindings, ${tep.datapath}`.slice(0, 24));
      words.push(`TEP ${tep.name} is ${tep.state}`);
    });
    box(10, 20, 115, "", "Nodes", "IPv6-only", "network");
    box(350, 20, 85, "", "IPv4", "world");
  }
  if (node.server) {
    const y = 30 + 90 * Math.max(1, node.teps.length);
    const list = node.pools.slice(0, 6);
    box(10, y, 115, "good", "Server", node.pools.length === 1 ? "1 pool" : `${node.pools.length} pools`);
    list.forEach((pool, i) => {
      const py = y + 62 * Math.floor(i / 2);
      const px = 165 + 140 * (i % 2);
      if (i === 0) {
        wire("wire", 125, y + 22, px, y + 22);
      }
      box(px, py, 130, failing(`pool ${pool.name}`) ? "bad" : "good", pool.name.slice(0, 15),
        `${compact(pool.active)} of ${compact(pool.capacity)}`);
    });
    words.push(`the server lends from ${node.pools.length} pools`);
  }
  if (node.client) {
    const y = node.teps.length || node.server ? height - 70 : 40;
    const state = { failed: "bad", bound: "good" }[node.client.state] ?? "warn";
    if (node.client.lease) {
      wire("tunnel", 165, y + 31, 250, y + 31);
      box(250, y, 185, "", "TEP", node.client.lease.tunnelAddress);
    }
    box(10, y, 155, state, `Client ${node.client.device}`, node.client.state, node.client.lease?.address ?? "no lease");
    words.push(`the client is ${node.client.state}`);
  }
  if (!words.length) {
    parts.push(svg("text", { x: 10, y: 40 }, "No role works on this node."));
  }
  return svg("svg", { viewBox: `0 0 445 ${height + (node.client ? 70 : 0)}`, role: "img", "aria-label": words.join(", ") || "Nothing" }, ...parts);
}

function drawCounters() {
  const only = $("counted").checked;
  const sources = node.teps.map((tep) => ({ title: `TEP ${tep.name}`, counters: tep.counters, tep }));
  if (node.client) {
    sources.push({ title: "Client", counters: node.client.counters });
  }
  fill($("counters"), sources.length ? sources.map(({ title, counters, tep }) => {
    const rows = Object.entries(counters).filter(([, value]) => !only || value.packets > 0)
      .map(([name, value]) => [name, compact(value.packets), compact(value.bytes),
        tep ? compact(rate(tep, name, "packets")) : ""]);
    return rows.length
      ? table(title, ["Counter", "> Packets", "> Bytes", tep ? "> Packets a second" : "> "], rows)
      : element("p", {}, `${title}: no packet yet.`);
  }) : [element("p", {}, "This node moves no packets.")]);
}

$("counted").addEventListener("change", () => node && drawCounters());

function drawConfigurations() {
  fill($("configurations"), [table("", ["File", "State", "Since", "What is wrong"], node.configurations.map((entry) => [
    `etc/${entry.pid.replace("~", "-")}.cfg`,
    element("span", { class: entry.accepted ? "good" : "bad" }, entry.accepted ? "in force" : "refused"),
    moment(entry.changed),
    { long: true, value: [...entry.problems, ...entry.warnings].map((problem) => `${problem.key}: ${problem.reason}`).join("; ") },
  ]))]);
}

// Lists

async function search(section, offset) {
  const form = section.querySelector("form");
  const results = section.querySelector(".results");
  const asked = new FormData(form);
  const tep = asked.get("tep");
  const parameters = new URLSearchParams({ offset, limit: PAGE });
  for (const name of ["client", "address"]) {
    if (asked.get(name).trim()) {
      parameters.set(name, asked.get(name).trim());
    }
  }
  const leases = section.id === "leases";
  if (!leases && !tep) {
    fill(results, [element("p", {}, "This node has no TEP.")]);
    return;
  }
  try {
    const page = await call(`${leases ? "leases" : `teps/${encodeURIComponent(tep)}/bindings`}?${parameters}`);
    const items = leases ? page.leases : page.bindings;
    const rows = items.map((item) => leases
      ? [item.address, item.ports, item.pool, item.state, moment(item.until), item.tunnelSource, { long: true, value: item.client }]
      : [item.address, item.ports, item.tunnelSource, item.tunnelAddress, moment(item.until)]);
    fill(results, [items.length
      ? table(`${page.offset + 1} to ${page.offset + items.length} of ${compact(page.total)}`, leases
          ? ["Address", "Ports", "Pool", "State", "Until", "IPv6 address", "Client"]
          : ["Address", "Ports", "Node", "TEP", "Until"], rows)
      : element("p", {}, "None.")]);
    fill(section.querySelector(".pages"), [
      button("Earlier", page.offset > 0, () => search(section, Math.max(0, page.offset - PAGE))),
      button("Later", page.offset + items.length < page.total, () => search(section, page.offset + PAGE)),
    ]);
  } catch (refused) {
    fill(results, [element("p", { class: "bad", role: "alert" }, refused.message)]);
  }
}

function button(text, enabled, action) {
  const it = element("button", { type: "button" }, text);
  it.disabled = !enabled;
  it.addEventListener("click", action);
  return it;
}

for (const name of ["leases", "tunnels"]) {
  $(name).querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    search($(name), 0);
  });
}

call("session").then(welcome, showLogin);
