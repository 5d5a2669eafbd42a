// A share of something over the last hour, as a small drawing of fixed height: 0 to 100 %.

import { el, svg } from "./dom.js";
import { clock, percent, word } from "./words.js";

const WIDTH = 240;
const HEIGHT = 44;
export const SPAN_SECS = 3_600;

/** Points further apart than this are not joined: between them nobody knows. */
const GAP_SECS = 200;

export const chart = (nameOf, meaningOf = nameOf) => {
  const line = svg("path", { class: "line" });
  const area = svg("path", { class: "area" });
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
  const drawing = svg(
    "svg",
    { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
    area,
    line,
    cursor,
  );
  const name = el("span", { class: "what" });
  const value = el("span", { class: "value" });
  const figure = el("figure", { class: "chart" }, el("figcaption", {}, name, value), drawing);
  let points = [];
  let end = 0;

  const x = (at) => ((at - (end - SPAN_SECS)) / SPAN_SECS) * WIDTH;
  const y = (share) => HEIGHT - 1 - Math.min(1, Math.max(0, share)) * (HEIGHT - 2);
  const xy = ([at, share]) => `${x(at).toFixed(1)} ${y(share).toFixed(1)}`;

  const rest = () => {
    const last = points.at(-1);
    const fresh = last && end - last[0] <= 2 * GAP_SECS;
    value.textContent = fresh ? percent(last[1]) : word("noData");
    value.classList.toggle("none", !fresh);
    figure.classList.toggle("high", Boolean(fresh) && last[1] >= 0.9);
    cursor.setAttribute("visibility", "hidden");
  };

  const draw = (newPoints, newEnd) => {
    end = newEnd;
    points = newPoints.filter(([at, share]) => at >= end - SPAN_SECS && Number.isFinite(share));
    const runs = [];
    for (const point of points) {
      const run = runs.at(-1);
      if (run && point[0] - run.at(-1)[0] <= GAP_SECS) run.push(point);
      else runs.push([point]);
    }
    line.setAttribute("d", runs.map((run) => `M${run.map(xy).join("L")}${run.length === 1 ? "h.1" : ""}`).join(""));
    const closed = (run) => `M${x(run[0][0]).toFixed(1)} ${HEIGHT}L${run.map(xy).join("L")}L${x(run.at(-1)[0]).toFixed(1)} ${HEIGHT}Z`;
    area.setAttribute("d", runs.map(closed).join(""));
    name.textContent = nameOf();
    name.title = meaningOf();
    rest();
    const most = Math.max(...points.map(([, share]) => share));
    const label = points.length
      ? word("chart", meaningOf(), value.textContent, percent(most))
      : word("chartEmpty", meaningOf());
    drawing.setAttribute("aria-label", label);
  };

  drawing.addEventListener("pointermove", (event) => {
    if (!points.length) return;
    const box = drawing.getBoundingClientRect();
    const at = end - SPAN_SECS + ((event.clientX - box.left) / box.width) * SPAN_SECS;
    const near = points.reduce((best, point) => (Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best));
    cursor.setAttribute("x1", x(near[0]));
    cursor.setAttribute("x2", x(near[0]));
    cursor.setAttribute("visibility", "visible");
    value.classList.remove("none");
    value.textContent = `${clock(near[0] * 1000)}  ${percent(near[1])}`;
  });
  drawing.addEventListener("pointerleave", rest);

  return { figure, draw };
};
