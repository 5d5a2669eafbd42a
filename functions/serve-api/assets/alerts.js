// What fires, and what may soon.

import { byId, el, show } from "./dom.js";
import { failure, relative } from "./parts.js";
import { coded, language, number, word } from "./words.js";

/** Three grades, whatever words a rule uses. An alert that does not say is a warning. */
export const severityOf = ({ labels }) => {
  const said = String(labels?.severity ?? "").toLowerCase();
  if (["critical", "page", "emergency", "fatal", "disaster", "high"].includes(said)) return "critical";
  if (["info", "none", "notice", "low"].includes(said)) return "info";
  return "warning";
};

const HIDDEN = new Set(["alertname", "severity", "instance"]);

const isWebAddress = (text) => /^https?:\/\//i.test(text);

const card = (alert) => {
  const severity = severityOf(alert);
  const { labels, annotations = {} } = alert;
  const where = labels.instance;
  const says = annotations.summary ?? annotations.message ?? annotations.description;
  const rest = Object.entries(labels).filter(([name]) => !HIDDEN.has(name));
  const key = JSON.stringify(labels);
  const detail = annotations.summary && annotations.description;
  return el(
    "li",
    { class: "alert", "data-severity": severity, "data-state": alert.state },
    el(
      "div",
      { class: "top" },
      el("span", { class: "pill" }, coded("severity", severity)),
      el("h3", {}, labels.alertname ?? ""),
      where && el("span", { class: "where" }, where),
      relative(Date.parse(alert.activeAt), "lasting"),
    ),
    says && el("p", { class: "says" }, says),
    el(
      "details",
      { "data-key": key },
      el("summary", {}, word("labels")),
      detail && el("p", {}, detail),
      el(
        "dl",
        {},
        [[word("value"), number(alert.value)], ...rest].map(([name, value]) =>
          el("div", {}, el("dt", {}, name), el("dd", {}, value)),
        ),
      ),
      annotations.runbook_url && isWebAddress(annotations.runbook_url)
        && el("a", { href: annotations.runbook_url, rel: "noopener noreferrer", target: "_blank" }, word("runbook")),
    ),
  );
};

const rank = { critical: 0, warning: 1, info: 2 };

const sorted = (alerts) =>
  [...alerts].sort((a, b) => rank[severityOf(a)] - rank[severityOf(b)] || a.activeAt.localeCompare(b.activeAt));

export const showAlerts = ({ value, error }) => {
  const place = byId("alerts-body");
  if (error && !value) return show(place, [language(), error.status], () => failure(error));
  const alerts = value ?? [];
  const firing = sorted(alerts.filter((alert) => alert.state === "firing"));
  const pending = sorted(alerts.filter((alert) => alert.state === "pending"));
  return show(place, [language(), firing, pending, error?.status], () => {
    if (!firing.length && !pending.length && !error) return el("p", { class: "empty" }, word("noAlerts"));
    return [
      error && failure(error),
      firing.length > 0 && el("ul", { class: "cards" }, firing.map(card)),
      pending.length > 0
        && el(
          "details",
          { class: "pending", "data-key": "pending", open: !firing.length },
          el("summary", {}, word("pending", pending.length)),
          el("p", { class: "help" }, word("pendingHelp")),
          el("ul", { class: "cards" }, pending.map(card)),
        ),
    ].filter(Boolean);
  });
};
