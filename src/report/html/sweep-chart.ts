// Sweep chart: how the latency, or else the counts, change with the values of a sweep.
import { plain } from "../text-layout.js";
import { hasOutlier, powers, round, scaleOf, ticks } from "./charts.js";
import { type Markup, markup } from "./markup.js";

interface Line {
  name: string;
  /** One for each value of the first setting; undefined where a run has none. */
  values: (number | undefined)[];
}

const [width, height] = [760, 260];
const inside = { left: 62, right: width - 20, top: 16, bottom: height - 34 };
/** As many as there are colours. */
const mostLines = 4;

/** @param table the combinations, the first row their heads: the settings, the verdict, and what was measured. */
export function sweepChart([head = [], ...rows]: readonly (readonly string[])[]): Markup | undefined {
  const settings = head.indexOf("verdict");
  const places = [...new Set(rows.map(([value = ""]) => value))];
  if (settings < 1 || places.length < 2) return undefined;
  const isTimed = head.includes("p50 ms");
  const lines = linesOf(head, rows, places, settings).filter(({ values }) => new Set(values).size > 1);
  if (lines.length === 0 || lines.length > mostLines) return undefined;
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== undefined)).sort((a, b) => a - b);
  const [lowest = 0, highest = 1] = [all[0], all.at(-1)];
  const isSkewed = lowest > 0 && hasOutlier(all);
  const steps = isSkewed ? powers(lowest, highest) : ticks(highest, isTimed ? undefined : 1);
  const share = scaleOf(steps, isSkewed);
  const x = (i: number) => round(inside.left + ((i + 0.5) / places.length) * (inside.right - inside.left));
  const y = (value: number) => round(inside.bottom - share(value) * (inside.bottom - inside.top));
  const unit = isTimed ? "ms" : "";
  const first = plain(head[0] ?? "");
  return markup`<section aria-labelledby="chart"><h2 id="chart">${isTimed ? "Latency" : "Counts"} by ${first}</h2>
<ul class="legend">${lines.map(({ name }, i) => markup`<li><span class="swatch s${i}"></span>${plain(name)}</li>`)}${isSkewed ? markup`<li>logarithmic scale</li>` : undefined}</ul>
<div class="wide" tabindex="0" role="region" aria-label="Chart of the sweep"><svg class="chart sweep" viewBox="0 0 ${width} ${height}" role="img" aria-label="${isTimed ? "Latency in milliseconds" : "Counts"} by ${first}; the same is in the table of combinations.">${steps.map(
    (value) => markup`
<path class="grid" d="M${inside.left} ${y(value)}H${inside.right}"/><text class="value" x="${inside.left - 8}" y="${y(value) + 4}">${value} ${unit}</text>`,
  )}${places.map((place, i) => markup`<text class="moment" x="${x(i)}" y="${inside.bottom + 20}">${plain(place, 14)}</text>`)}${lines.map(
    ({ values }, i) => markup`
<path class="steps s${i}" d="${path(values, x, y)}"/>${values.map((value, n) => (value === undefined ? undefined : markup`<circle class="point s${i}" cx="${x(n)}" cy="${y(value)}" r="4"><title>${places[n]}: ${value} ${unit}</title></circle>`))}`,
  )}</svg></div></section>
`;
}

/** One setting: a line for each measure. Several: a line for each combination of the others, of the first measure. */
function linesOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  places: readonly string[],
  settings: number,
): Line[] {
  const measured = head.includes("p50 ms") ? ["p50 ms", "p99 ms"] : head.slice(settings + 1);
  const at = (of: readonly (readonly string[])[], column: number) =>
    places.map((place) => numberIn(of.find(([value]) => value === place)?.[column]));
  if (settings === 1)
    return measured.map((name) => ({ name: name.replace(/ ms$/, ""), values: at(rows, head.indexOf(name)) }));
  const column = head.indexOf(measured[0] ?? "");
  const others = (row: readonly string[]) => row.slice(1, settings).join(", ");
  return [...new Set(rows.map(others))].map((name) => ({
    name: `${measured[0]?.replace(/ ms$/, "")}, ${head.slice(1, settings).join(", ")} ${name}`,
    values: at(
      rows.filter((row) => others(row) === name),
      column,
    ),
  }));
}

const numberIn = (text = "") => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);

function path(values: Line["values"], x: (i: number) => number, y: (value: number) => number): string {
  let isDown = false;
  return values
    .map((value, i) => {
      const command = isDown ? "L" : "M";
      isDown = value !== undefined;
      return value === undefined ? "" : `${command}${x(i)} ${y(value)}`;
    })
    .join("");
}
