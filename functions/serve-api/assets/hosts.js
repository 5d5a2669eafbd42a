// Who reports, and how they are.

import * as api from "./api.js";
import { SPAN_SECS, chart } from "./chart.js";
import { byId, el, show } from "./dom.js";
import { failure, relative } from "./parts.js";
import { language, word } from "./words.js";

const STEP_SECS = 60;
// As a share of all modes: a rate by itself is too small until its window is full.
const CPU_TIME = (mode) => `sum by (instance) (rate(node_cpu_seconds_total${mode}[3m]))`;
const DISK = '{fstype!~"tmpfs|ramfs"}';

const MEASURES = [
  ["cpu", `1 - ${CPU_TIME('{mode="idle"}')} / ${CPU_TIME("")}`],
  ["memory", "max by (instance) (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"],
  ["disk", `max by (instance) (1 - node_filesystem_avail_bytes${DISK} / node_filesystem_size_bytes${DISK})`],
];

/** A whole hour costs a read of an hour; in between a point is added to what is there. */
const RELOAD_MS = 300_000;

const withoutPort = (instance) => instance.replace(/:\d+$/, "");

const history = { loadedAt: 0, points: new Map(MEASURES.map(([name]) => [name, new Map()])) };

export const forget = () => {
  history.loadedAt = 0;
  for (const points of history.points.values()) points.clear();
  cards.clear();
};

const byHost = (answer, into, merge) => {
  for (const [instance, found] of answer) {
    const host = withoutPort(instance);
    into.set(host, merge(into.get(host) ?? [], found));
  }
};

/** Brings the charts' points up to now. */
export const loadCharts = async () => {
  const whole = Date.now() - history.loadedAt > RELOAD_MS;
  const end = Math.floor(Date.now() / 1000 / STEP_SECS) * STEP_SECS;
  await Promise.all(
    MEASURES.map(async ([name, query]) => {
      const points = history.points.get(name);
      if (whole) {
        const answer = await api.range(query, end - SPAN_SECS, end, STEP_SECS);
        points.clear();
        byHost(answer, points, (_, found) => found);
      }
      byHost(await api.now(query), points, (old, point) => {
        const kept = old.filter(([at]) => at < point[0] && at > point[0] - SPAN_SECS - STEP_SECS);
        return [...kept, point];
      });
    }),
  );
  if (whole) history.loadedAt = Date.now();
};

const cards = new Map();

const card = (name) => {
  const charts = MEASURES.map(([measure]) => [measure, chart(() => word(measure), () => word(`${measure}Meaning`) ?? word(measure))]);
  const state = el("p", { class: "state" });
  const node = el(
    "li",
    { class: "host" },
    el("div", { class: "top" }, el("h3", { title: name }, name), state),
    el("div", { class: "charts" }, charts.map(([, { figure }]) => figure)),
  );
  const update = (host, silentSince) => {
    const tone = host.retired_at ? "retired" : silentSince ? "silent" : "reporting";
    node.dataset.tone = tone;
    const told = {
      retired: () => word("retired"),
      silent: () => relative(Date.parse(silentSince), "silent"),
      reporting: () => word("reporting"),
    }[tone]();
    state.replaceChildren(told);
    const end = Date.now() / 1000;
    for (const [measure, { draw }] of charts) draw(history.points.get(measure).get(name) ?? [], end);
  };
  return { node, update };
};

/** What needs somebody comes first. */
const sorted = (hosts, silent, burning) => {
  const rank = ({ host, retired_at: retired }) => (retired ? 3 : silent.has(host) ? 0 : burning.has(host) ? 1 : 2);
  return [...hosts].sort((a, b) => rank(a) - rank(b) || a.host.localeCompare(b.host, undefined, { numeric: true }));
};

const howToStart = () =>
  el(
    "div",
    { class: "empty" },
    el("p", {}, word("noHosts")),
    el("pre", { tabindex: 0 }, el("code", {}, `toban-agent --url ${location.origin} --token-file /etc/toban/token`)),
  );

const FILTER_FROM = 9;

export const showHosts = ({ value, error }, alerts, chartsError) => {
  const place = byId("hosts-body");
  const filter = byId("hosts-filter");
  if (error && !value) {
    filter.hidden = true;
    return show(place, [language(), "error", error.status], () => failure(error));
  }
  if (!value) return undefined;
  const { items, more } = value;
  filter.hidden = items.length < FILTER_FROM;
  if (!items.length) return show(place, [language(), "none"], howToStart);

  const firing = (alerts ?? []).filter((alert) => alert.state === "firing");
  const hostOf = ({ labels }) => withoutPort(labels.instance ?? "");
  const burning = new Set(firing.map(hostOf));
  const isSilence = ({ labels }) => labels.alertname === "HostSilent";
  const silent = new Map(firing.filter(isSilence).map((alert) => [hostOf(alert), alert.activeAt]));
  const text = filter.hidden ? "" : byId("hosts-filter-text").value.trim();
  const wanted = items.filter((host) => host.host.toLowerCase().includes(text.toLowerCase()));
  const shown = sorted(wanted, silent, burning);
  for (const { host } of shown) if (!cards.has(host)) cards.set(host, card(host));
  const names = shown.map((host) => host.host);
  const problem = error ?? chartsError;
  show(place, [language(), names, text, more, problem?.status], () => {
    if (!names.length) return el("p", { class: "empty" }, word("noHostMatches", text));
    return [
      error && failure(error),
      chartsError && el("p", { class: "problem" }, word("chartsFailed")),
      el("ul", { class: "grid-list" }, names.map((name) => cards.get(name).node)),
      more && el("p", { class: "help" }, word("moreHosts", items.length)),
    ].filter(Boolean);
  });
  for (const host of shown) {
    const { node, update } = cards.get(host.host);
    node.classList.toggle("burning", burning.has(host.host));
    update(host, silent.get(host.host));
  }
  return undefined;
};
