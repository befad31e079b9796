import { element, svg, table, compact, bits, moment, fill } from "./draw.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["overview", "leases", "tunnels", "packets", "configuration"];
const PAGE = 50;
const HISTORY = 150;
const DRAWN_POOLS = 6;
const HEADERS = { "X-DSTM": "1" };
const ROLES = ["viewer", "operator", "admin"];

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

/** Whether the person may what a role may; the server asks again. */
const may = (role) => person && ROLES.indexOf(person.role) >= ROLES.indexOf(role);

function showLogin() {
  person = null;
  events?.close();
  events = null;
  node = before = null;
  shownHistory = shownPools = "";
  $("said").textContent = "";
  $("ask").close();
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
  try {
    await fetch("api/session", { method: "DELETE", headers: HEADERS });
    showLogin();
  } catch {
    say("The server does not answer; you are not logged out yet.");
  }
});

// Changes

/** Asks before something that cannot be taken back. */
function confirmed(title, text, yes) {
  $("ask-title").textContent = title;
  $("ask-text").textContent = text;
  $("ask-yes").textContent = yes;
  $("ask").showModal();
  $("ask-no").focus();
  return new Promise((resolve) => {
    $("ask-yes").onclick = () => { resolve(true); $("ask").close(); };
    $("ask-no").onclick = () => $("ask").close();
    $("ask").onclose = () => resolve(false);
  });
}

function say(text) {
  $("said").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { $("said").textContent = ""; }, 8000);
}

/** Has an operation carried out and says what came of it. */
async function order(name, what) {
  try {
    const outcome = await call(`operations/${name}`,
      { method: "POST", body: JSON.stringify(what), headers: { "Content-Type": "application/json" } });
    say(outcome.sentence);
    return true;
  } catch (refused) {
    say(refused.message);
    return false;
  }
}

/** A button that asks first. */
function danger(text, label, title, sentence, act) {
  const it = element("button", { type: "button", class: "danger", "aria-label": label }, text);
  it.addEventListener("click", async () => {
    if (await confirmed(title, sentence, text)) {
      await act();
    }
  });
  return it;
}

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
        setTimeout(() => person && !document.hidden && listen(), 3000);
      }
    } catch (refused) {
      if (refused instanceof TypeError) {
        setTimeout(() => person && !document.hidden && listen(), 3000);
      } else {
        showLogin();
      }
    }
  };
}

// A page that nobody sees listens no longer: browsers keep pages that were left for a while, and allow six connections in all.
function look() {
  if (document.hidden) {
    events?.close();
    events = null;
  } else if (person && !events) {
    listen();
  }
}

document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => { events?.close(); events = null; });
addEventListener("pageshow", look);

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
    refresh();
  }
}

let round = 0;

/** Lists are looked at anew every few events, unless somebody works in them. */
function refresh() {
  round++;
  const section = $(view());
  const worked = document.activeElement?.closest(".results button, #history");
  if (round % 3 === 0 && !$("ask").open && !worked) {
    if (view() === "leases" || view() === "tunnels") {
      search(section, Number(section.dataset.offset ?? 0));
    } else if (view() === "configuration") {
      drawHistory().catch((refused) => say(refused.message));
    }
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

/** Those that are drawn: if there are many, the fullest, in the order that all have. */
function drawnPools() {
  const use = (pool) => pool.capacity ? (pool.capacity - pool.free) / pool.capacity : 0;
  const fullest = new Set([...node.pools].sort((one, other) => use(other) - use(one)).slice(0, DRAWN_POOLS));
  return node.pools.filter((pool) => fullest.has(pool));
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
  for (const name of [...history.pools.keys()]) {
    if (!node.pools.some((pool) => pool.name === name)) {
      history.pools.delete(name);
    }
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
    questions.delete(view());
    search($(view()), 0);
  }
  if (view() === "configuration") {
    shownHistory = "";
    drawHistory().catch((refused) => say(refused.message));
  }
}

addEventListener("hashchange", () => {
  show();
  $("content").focus({ preventScroll: true });
  scrollTo(0, 0);
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
  fill($("use"), [useGraph()]);
  const left = node.pools.length - DRAWN_POOLS;
  fill($("use-legend"), [...drawnPools().flatMap((pool, i) => [element("span", { class: `key line${i}` }), pool.name]),
    left > 0 ? ` and ${left} more that are less full` : ""]);
  drawDrops();
  drawPools();
}

let shownPools = "";

function drawPools() {
  const text = JSON.stringify([node.pools, node.server]);
  if (text === shownPools) {
    return; // A button under somebody's finger stays.
  }
  shownPools = text;
  refill($("pools"), node.pools.length
    ? [table("", ["Pool", "Ranges", "Use", "> Active", "> Resting", "> Free", "TEP", ...may("admin") ? ["Do"] : []],
        node.pools.map((pool) => [
          pool.name + (pool.drains ? " (drains)" : ""),
          { long: true, value: pool.ranges.join(", ") + (pool.psidLength ? `, shared by ${2 ** pool.psidLength}` : "") },
          bar(pool),
          compact(pool.active),
          compact(pool.quarantined + pool.offered),
          compact(pool.free),
          pool.tep,
          ...may("admin") ? [drainButton(pool)] : [],
        ]))]
    : [element("p", {}, node.server ? "No pool is configured." : "This node has no server.")]);
}

/** Fills a place anew; whoever stood on a button of it stands on that of the same name again, or on the one in its place. */
function refill(place, children) {
  const buttons = () => [...place.querySelectorAll("button")];
  const name = (it) => it.getAttribute("aria-label") ?? it.textContent;
  const stood = document.activeElement;
  const at = buttons().indexOf(stood);
  fill(place, children);
  if (at >= 0) {
    const enabled = (it) => it && !it.disabled;
    const next = [buttons().find((it) => name(it) === name(stood)), buttons()[at], ...buttons().reverse()];
    next.find(enabled)?.focus();
  }
}

function drainButton(pool) {
  if (pool.drains) {
    const it = element("button", { type: "button", "aria-label": `Let pool ${pool.name} lend again` }, "Lend again");
    it.addEventListener("click", () => order("drain", { pool: pool.name, on: false }));
    return it;
  }
  return danger("Drain", `Drain pool ${pool.name}`, `Drain pool ${pool.name}?`,
    `Nothing of it is lent or prolonged any more: its ${compact(pool.active)} leases end by and by, and their nodes lose those addresses.`,
    () => order("drain", { pool: pool.name, on: true }));
}

/** What was dropped and why, the most first. */
function drawDrops() {
  const sums = new Map();
  for (const tep of node.teps) {
    for (const name of drops(tep)) {
      if (tep.counters[name].packets > 0) {
        const sum = sums.get(name) ?? { packets: 0, rate: 0 };
        sum.packets += tep.counters[name].packets;
        sum.rate += rate(tep, name, "packets");
        sums.set(name, sum);
      }
    }
  }
  const list = [...sums].sort((one, other) => other[1].packets - one[1].packets).slice(0, 10);
  const most = Math.max(1, ...list.map(([, sum]) => sum.packets));
  fill($("drops"), list.length
    ? [element("dl", { class: "meter" }, ...list.flatMap(([name, sum]) => [
        element("dt", {}, name.slice("drop-".length)),
        element("dd", { "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none" },
          svg("rect", { class: "ground", width: 100, height: 10 }),
          svg("rect", { class: "level", width: 100 * sum.packets / most, height: 10 }))),
        element("dd", {}, `${compact(sum.packets)}${sum.rate > 0 ? `, ${compact(sum.rate)}/s` : ""}`),
      ]))]
    : [element("p", { class: "fine" }, node.teps.length ? "Nothing was dropped." : "This node has no TEP.")]);
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

function useGraph() {
  const last = drawnPools().map((pool) =>
    `${pool.name} ${pool.capacity ? Math.round(100 * (pool.capacity - pool.free) / pool.capacity) : 0} %`);
  return svg("svg", { viewBox: "0 0 440 190", role: "img", "aria-label": `Use of pools: ${last.join(", ") || "none"}` },
    ...[0, 0.5, 1].flatMap((part) => [
      svg("line", { class: "axis", x1: 50, x2: 440, y1: 165 - 150 * part, y2: 165 - 150 * part }),
      svg("text", { class: "small", x: 44, y: 169 - 150 * part, "text-anchor": "end" }, `${100 * part} %`),
    ]),
    svg("text", { class: "small", x: 50, y: 184 }, "5 min ago"),
    svg("text", { class: "small", x: 440, y: 184, "text-anchor": "end" }, "now"),
    svg("g", { transform: "translate(50 15)" }, ...drawnPools().map((pool, i) =>
      svg("polyline", { class: `use line${i}`, points: points(history.pools.get(pool.name), 390, 150, 1) }))));
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
  const height = Math.max(190, 40 + 90 * rows + (node.server ? 30 + 62 * Math.ceil(Math.min(node.pools.length, DRAWN_POOLS) / 2) : 0));
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
    box(10, y, 115, "good", "Server", node.pools.length === 1 ? "1 pool" : `${node.pools.length} pools`);
    drawnPools().forEach((pool, i) => {
      const py = y + 62 * Math.floor(i / 2);
      const px = 165 + 140 * (i % 2);
      if (i === 0) {
        wire("wire", 125, y + 22, px, y + 22);
      }
      box(px, py, 130, failing(`pool ${pool.name}`) ? "bad" : pool.drains ? "warn" : "good", pool.name.slice(0, 15),
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

// History of the configuration

let shownHistory = "";

const change = (difference) => element("li", {},
  `${difference.file}${difference.key ? ` ${difference.key}` : ""}: `,
  ...(difference.before === null ? [] : [element("del", {}, difference.before), " "]),
  ...(difference.after === null ? [] : [element("ins", {}, difference.after)]));

async function drawHistory() {
  $("history-title").hidden = !may("operator");
  if (!may("operator")) {
    fill($("history"), []);
    return;
  }
  const snapshots = await call("configurations/history");
  const text = JSON.stringify(snapshots);
  if (text === shownHistory) {
    return;
  }
  shownHistory = text;
  fill($("history"), snapshots.length ? snapshots.map((snapshot, i) => {
    const preview = element("div", {});
    return element("article", { class: "card snapshot", "aria-label": `Configuration ${snapshot.number}` },
      element("h3", {}, `${snapshot.number}${i === 0 ? ", the newest" : ""}`),
      element("p", {}, `${moment(snapshot.time)}, ${snapshot.origin}`),
      element("ul", { class: "diff" }, ...snapshot.differences.slice(0, 30).map(change),
        ...(snapshot.differences.length > 30 ? [element("li", {}, `and ${snapshot.differences.length - 30} more`)] : [])),
      ...(i > 0 ? [button("What would change", true, () => towards(snapshot.number, preview)), preview] : []));
  }) : [element("p", {}, "Nothing was accepted yet.")]);
}

async function towards(number, preview) {
  try {
    const differences = await call(`configurations/history/${number}`);
    fill(preview, differences.length
      ? [element("ul", { class: "diff" }, ...differences.map(change)),
         ...(may("admin") ? [danger("Roll back", `Roll back to configuration ${number}`, `Roll back to configuration ${number}?`,
             `${differences.length} settings change at once; files that came since go.`,
             async () => {
               await order("config-rollback", { number });
               fill(preview, []);
             })] : [element("p", {}, "To roll back needs the role admin.")])]
      : [element("p", {}, "Nothing: the files are those already.")]);
  } catch (refused) {
    say(refused.message);
  }
}

// Lists

const questions = new Map();
let asked = 0;

async function search(section, offset) {
  const form = section.querySelector("form");
  const results = section.querySelector(".results");
  const question = questions.get(section.id) ?? new FormData(form);
  const tep = question.get("tep");
  const parameters = new URLSearchParams({ offset, limit: PAGE });
  section.dataset.offset = offset;
  for (const name of ["client", "address", "port"]) {
    if (question.get(name)?.trim()) {
      parameters.set(name, question.get(name).trim());
    }
  }
  const leases = section.id === "leases";
  if (!leases && !tep) {
    fill(results, [element("p", {}, "This node has no TEP.")]);
    return;
  }
  const turn = ++asked;
  try {
    const page = await call(`${leases ? "leases" : `teps/${encodeURIComponent(tep)}/bindings`}?${parameters}`);
    if (turn !== asked) {
      return; // Somebody has turned the page meanwhile.
    }
    const items = leases ? page.leases : page.bindings;
    const rows = items.map((item) => leases
      ? [item.address, item.ports, item.pool, item.state, moment(item.until), item.tunnelSource, { long: true, value: item.client },
          ...may("operator") ? [leaseButtons(item, section)] : []]
      : [item.address, item.ports, item.tunnelSource, item.tunnelAddress, moment(item.until)]);
    fill(results, [items.length
      ? table(`${page.offset + 1} to ${page.offset + items.length} of ${compact(page.total)}`, leases
          ? ["Address", "Ports", "Pool", "State", "Until", "IPv6 address", "Client", ...may("operator") ? ["Do"] : []]
          : ["Address", "Ports", "Node", "TEP", "Until"], rows)
      : element("p", {}, "None.")]);
    refill(section.querySelector(".pages"), [
      ...(!leases && may("operator") ? [button("Compare with the leases", true, () => order("resync", { tep }))] : []),
      button("Earlier", page.offset > 0, () => search(section, Math.max(0, page.offset - PAGE))),
      button("Later", page.offset + items.length < page.total, () => search(section, page.offset + PAGE)),
    ]);
  } catch (refused) {
    if (turn === asked) {
      fill(results, [element("p", { class: "bad", role: "alert" }, refused.message)]);
    }
  }
}

function leaseButtons(lease, section) {
  if (lease.state !== "active") {
    return "";
  }
  const what = lease.ports === "all" ? lease.address : `${lease.address} ${lease.ports}`;
  const act = (name) => async () => {
    await order(name, { client: lease.client });
    search(section, Number(section.dataset.offset ?? 0));
  };
  return element("span", {},
    danger("Release", `Release ${what}`, `Release ${what}?`,
      `${lease.client} loses its IPv4 address and is not told; it asks again when its time comes.`, act("release")),
    danger("Revoke", `Revoke ${what}`, `Revoke ${what}?`,
      `${lease.client} loses its IPv4 address at once and is called, if it agreed to be.`, act("revoke")));
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
    questions.set(name, new FormData(event.target));
    search($(name), 0);
  });
}

call("session").then(welcome, showLogin);
