// Elements from data. Text is always set as text: nothing that came from outside is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
};

export const el = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

export const byId = (id) => document.getElementById(id);

/** Shows `children` in `place` if `data` differs from the last time; keeps opened details open. */
export const show = (place, data, children) => {
  const key = JSON.stringify(data);
  if (place.dataset.shown === key) return;
  place.dataset.shown = key;
  const isOpen = new Set([...place.querySelectorAll("details[open]")].map((d) => d.dataset.key));
  const focused = place.contains(document.activeElement)
    ? document.activeElement.closest("[data-key]")?.dataset.key
    : undefined;
  place.replaceChildren(...[children()].flat());
  for (const details of place.querySelectorAll("details")) {
    if (isOpen.has(details.dataset.key)) details.open = true;
    if (focused !== undefined && details.dataset.key === focused) details.querySelector("summary")?.focus();
  }
};

/** A short drawing that says the state without its colour. */
export const glyph = (kind) => {
  const paths = {
    ok: ["M7 12.5l3.5 3.5 6.5-7.5"],
    bad: ["M12 6.5v7", "M12 17.4v.2"],
    wait: ["M12 7v5.2l3.4 2"],
    unknown: ["M9.4 9.6a2.7 2.7 0 1 1 3.9 2.4c-.9.5-1.3 1-1.3 1.9", "M12 17.3v.2"],
  }[kind];
  return svg(
    "svg",
    { class: "glyph", viewBox: "0 0 24 24", "aria-hidden": "true" },
    kind === "bad"
      ? svg("path", { class: "disc", d: "M12 2.2 22.6 20.8H1.4Z" })
      : svg("circle", { class: "disc", cx: 12, cy: 12, r: 11 }),
    paths.map((d) => svg("path", { class: "stroke", d: kind === "bad" ? d.replace("6.5v7", "8.6v5.4") : d })),
  );
};
