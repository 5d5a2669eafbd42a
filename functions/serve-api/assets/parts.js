// What several sections show alike.

import { el } from "./dom.js";
import { moment, wholeSpan, word } from "./words.js";

/** A time that is told by its age, kept up by `tick`; the exact time is its title. */
export const relative = (ms, key) =>
  el(
    "time",
    { datetime: new Date(ms).toISOString(), "data-at": ms, "data-told": key, title: moment(ms) },
    word(key, wholeSpan(Date.now() - ms)),
  );

/** Once a second: everything that is told by its age. */
export const tick = () => {
  for (const time of document.querySelectorAll("time[data-at]")) {
    const text = word(time.dataset.told, wholeSpan(Date.now() - Number(time.dataset.at)));
    if (time.textContent !== text) time.textContent = text;
  }
};

export const failure = (error) => {
  const text = error.status === 403
    ? word("forbidden")
    : word("sectionFailed", error.status === 0 ? word("noAnswer") : error.message);
  return el("p", { class: "problem" }, text);
};
