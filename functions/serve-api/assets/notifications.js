// Who was told what, and why; or why nobody was.

import { byId, el, show } from "./dom.js";
import { failure, relative } from "./parts.js";
import { coded, language, span, word } from "./words.js";

const KINDS = { webhook: "Webhook", mail: "Mail", email: "Mail", slack: "Slack", pagerduty: "PagerDuty", sns: "SNS" };

const names = (alerts) => {
  const counted = new Map();
  for (const { status, alert } of alerts) {
    const { alertname = "", instance } = alert.labels;
    counted.set(instance ? `${alertname} · ${instance}` : alertname, status);
  }
  return [...counted];
};

const outcome = (notification) => {
  const { status } = notification;
  const parts = [coded("states", status.state)];
  if (status.state === "delivered") {
    parts.push(word("within", span(Date.parse(status.at) - Date.parse(notification.caused_at))));
  }
  if (notification.attempts_made > 1) parts.push(word("attempts", notification.attempts_made));
  if (status.reason) parts.push(status.reason);
  return parts.join(" · ");
};

const row = (notification) => {
  const { receiver, alerts = [], status } = notification;
  const kind = receiver ? KINDS[receiver.kind] ?? receiver.kind : "";
  return el(
    "li",
    { class: "told", "data-state": status.state },
    el(
      "div",
      { class: "what" },
      names(alerts).slice(0, 4).map(([text, alertStatus]) =>
        el(
          "span",
          { class: "subject", "data-status": alertStatus },
          el("b", {}, word(alertStatus === "resolved" ? "resolvedWord" : "firingWord")),
          " ",
          text,
        ),
      ),
      alerts.length > 4 && el("span", { class: "subject" }, word("andMore", alerts.length - 4)),
    ),
    el(
      "div",
      { class: "how" },
      el("span", { class: "whom" }, receiver ? word("told", `${receiver.name} (${kind}${receiver.place ? `, ${receiver.place}` : ""})`) : word("nobody")),
      el("span", { class: "outcome" }, outcome(notification)),
      relative(Date.parse(notification.created_at), "ago"),
    ),
    el("p", { class: "why" }, coded("reasons", notification.reason)),
  );
};

export const showNotifications = ({ value, error }) => {
  const place = byId("notifications-body");
  if (error && !value) return show(place, [language(), error.status], () => failure(error));
  if (!value) return undefined;
  return show(place, [language(), value.items, error?.status], () =>
    [
      error && failure(error),
      value.items.length
        ? el("ol", { class: "rows" }, value.items.map(row))
        : el("p", { class: "empty" }, word("noNotifications")),
    ].filter(Boolean),
  );
};
