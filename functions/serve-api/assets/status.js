// Does something burn? The first thing to see.

import { byId, el, glyph, show } from "./dom.js";
import { severityOf } from "./alerts.js";
import { wholeSpan, word } from "./words.js";

const ORDER = ["critical", "warning", "info"];

/** What is older than this is no answer to the question any more. */
const STALE_MS = 45_000;

const judged = ({ alerts, hosts }) => {
  const age = Date.now() - alerts.at;
  const firing = (alerts.value ?? [])
    .filter((alert) => alert.state === "firing")
    .sort((a, b) => ORDER.indexOf(severityOf(a)) - ORDER.indexOf(severityOf(b)) || a.activeAt.localeCompare(b.activeAt));
  if (firing.length) {
    const [worst] = firing;
    const lasting = wholeSpan(Date.now() - Date.parse(worst.activeAt));
    const lead = [word("worst", worst.labels.alertname ?? "", worst.labels.instance ?? "", lasting)];
    if (firing.length > 1) lead.push(word("andMore", firing.length - 1));
    const tone = severityOf(worst) === "critical" ? "critical" : "warning";
    return { tone, sign: "bad", title: word("firing", firing.length), lead: lead.join(" · "), count: firing.length };
  }
  // Quiet is only what was heard just now.
  if (!alerts.value || (alerts.error && age > STALE_MS)) {
    const lead = alerts.value ? word("lastQuiet", wholeSpan(age)) : "";
    return { tone: "unknown", sign: "unknown", title: word("cannotTell"), lead: `${word("cannotTellLead")} ${lead}` };
  }
  const reporting = (hosts.value?.items ?? []).filter((host) => !host.retired_at).length;
  if (hosts.value && !reporting) {
    const [title, lead] = hosts.value.items.length ? ["noneReports", "noneReportsLead"] : ["noHostYet", "noHostLead"];
    return { tone: "waiting", sign: "wait", title: word(title), lead: word(lead) };
  }
  const pending = alerts.value.filter((alert) => alert.state === "pending").length;
  const lead = [word("quietLead", reporting), pending ? word("pending", pending) : ""].filter(Boolean).join(" · ");
  return { tone: "ok", sign: "ok", title: word("quiet"), lead };
};

const COLOURS = { ok: "#1a7f5a", waiting: "#57646f", warning: "#b35c00", critical: "#c0262d", unknown: "#57646f" };

/** The tab says it too. */
const mark = ({ tone, title, count }) => {
  document.title = count ? `(${count}) ${title} – Toban` : `${title} – Toban`;
  const drawing = count
    ? '<path d="M16 7v11M16 23.6v.4" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/>'
    : '<path d="M9.5 16.5l4.5 4.5 9-9.5" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>';
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="14" fill="${COLOURS[tone]}"/>${drawing}</svg>`;
  document.querySelector('link[rel="icon"]').href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
};

export const showStatus = (state) => {
  const place = byId("status");
  const seen = judged(state);
  place.dataset.tone = seen.tone;
  mark(seen);
  show(place, [seen.sign, seen.tone, seen.title], () => [
    glyph(seen.sign),
    el("div", {}, el("h1", {}, seen.title), el("p")),
  ]);
  const said = place.querySelector("p");
  if (said.textContent !== seen.lead) said.textContent = seen.lead;
  // Read out when it changes, not with each second of its age.
  if (byId("said").textContent !== seen.title) byId("said").textContent = seen.title;
};
