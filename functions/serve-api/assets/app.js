// The page: sign in, look every few seconds, say how old what one sees is.

import * as api from "./api.js";
import { showAlerts } from "./alerts.js";
import { byId, el, show } from "./dom.js";
import { forget, loadCharts, showHosts } from "./hosts.js";
import { showNotifications } from "./notifications.js";
import { tick } from "./parts.js";
import { askForToken, onSignIn } from "./signin.js";
import { showStatus } from "./status.js";
import { choose, language, wholeSpan, word } from "./words.js";

const REFRESH_MS = 15_000;
const LONGEST_WAIT_MS = 120_000;
const READERS = ["viewer", "operator", "admin"];

const empty = () => ({ alerts: {}, hosts: {}, notifications: {}, charts: {} });
let state = empty();
let who = null;
let updatedAt = 0;
let nextAt = 0;
let failures = 0;
let looking = false;

const speak = () => {
  document.documentElement.lang = language();
  byId("language").setAttribute("aria-label", word("language"));
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language()));
  }
};

const paint = () => {
  showStatus(state);
  showAlerts(state.alerts);
  showHosts(state.hosts, state.alerts.value, state.charts.error);
  showNotifications(state.notifications);
  showAge();
};

const showAge = () => {
  const age = byId("age");
  const old = Date.now() - updatedAt;
  age.hidden = !updatedAt || byId("board").hidden;
  age.textContent = old < 1_500 ? word("updatedNow") : word("updated", wholeSpan(old));
  age.classList.toggle("old", old > 3 * REFRESH_MS);
  const notice = byId("unreachable");
  notice.hidden = failures === 0;
  if (!failures) return;
  const wait = wholeSpan(nextAt - Date.now());
  const text = updatedAt ? word("unreachable", wholeSpan(old), wait) : word("unreachableYet", wait);
  if (notice.firstChild?.textContent === text) return;
  const button = el("button", { type: "button", class: "quiet" }, word("tryNow"));
  button.addEventListener("click", look);
  const hadFocus = notice.contains(document.activeElement);
  notice.replaceChildren(el("span", {}, text), button);
  if (hadFocus) button.focus();
};

/** A failed part keeps what it showed before, and says that it failed. */
const settled = (name, result) => {
  if (result.status === "fulfilled") state[name] = { value: result.value, at: Date.now() };
  else state[name] = { ...state[name], error: result.reason };
};

const signedOut = (reason) => {
  who = null;
  state = empty();
  updatedAt = 0;
  failures = 0;
  forget();
  for (const place of ["status", "said", "alerts-body", "hosts-body", "notifications-body"]) {
    byId(place).replaceChildren();
    delete byId(place).dataset.shown;
  }
  byId("tenant").hidden = true;
  byId("sign-out").hidden = true;
  byId("age").hidden = true;
  askForToken(reason);
};

const look = async () => {
  if (looking || !who) return;
  looking = true;
  const asked = who;
  const parts = ["alerts", "hosts", "notifications", "charts"];
  const results = await Promise.allSettled([api.alerts(), api.hosts(), api.notifications(), loadCharts()]);
  looking = false;
  if (who !== asked) return;
  const errors = results.filter((result) => result.status === "rejected").map((result) => result.reason);
  if (errors.some((error) => error.status === 401)) return signedOut(word("sessionEnded"));
  parts.forEach((name, at) => settled(name, results[at]));
  const lost = errors.length === parts.length;
  failures = lost ? failures + 1 : 0;
  if (!lost) updatedAt = Date.now();
  const wait = Math.min(LONGEST_WAIT_MS, REFRESH_MS * 2 ** Math.max(0, failures - 1));
  nextAt = Date.now() + wait;
  paint();
};

const enter = async () => {
  const found = await api.whoami();
  if (found?.role && !READERS.includes(found.role)) {
    await api.endSession().catch(() => {});
    throw new api.ApiError(403, "");
  }
  who = found;
  byId("tenant").textContent = found?.tenant ?? "";
  byId("tenant").hidden = !found?.tenant;
  byId("sign-out").hidden = false;
  byId("sign-in").hidden = true;
  byId("board").hidden = false;
  byId("status").dataset.tone = "waiting";
  show(byId("status"), "loading", () => el("div", {}, el("h1", {}, word("loading"))));
  await look();
};

const start = async () => {
  speak();
  onSignIn(enter);
  byId("language").addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-language]")?.dataset.language;
    if (!chosen) return;
    choose(chosen);
    speak();
    if (who) paint();
    else if (!byId("sign-in").hidden) byId("token-error").textContent = "";
  });
  byId("sign-out").addEventListener("click", async () => {
    await api.endSession().catch(() => {});
    signedOut("");
  });
  byId("hosts-filter-text").addEventListener("input", () => {
    showHosts(state.hosts, state.alerts.value, state.charts.error);
  });
  // Whoever does not look costs nothing; whoever looks again sees now.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() >= nextAt) look();
  });
  setInterval(() => {
    if (document.hidden || !who) return;
    tick();
    showAge();
    if (updatedAt || failures) showStatus(state);
    if (Date.now() >= nextAt) look();
  }, 1_000);
  try {
    await enter();
  } catch (error) {
    const reason = error.status === 401 ? "" : error.status === 403 ? word("tokenCannotRead") : word("signInFailed", error.status ? error.message : word("noAnswer"));
    askForToken(reason);
  }
};

start();
