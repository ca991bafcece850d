// The two charts of a run: how many messages waited, and how long requesters did.
import type { Run } from "../../history/result.js";
import { chartHeight, chartWidth, type Frame, frameOf, moment, round } from "./chart.js";
import { type Depth, replyDepth, replyStreams, requestDepth } from "./depth.js";
import { lanesOf } from "./lanes.js";
import { duration, percentiles } from "./latency.js";
import { type Markup, markup, shown } from "./markup.js";
import type { Path } from "./paths.js";
import { thousands } from "./sample.js";
import type { Scene } from "./scene.js";

const mostDots = 1500;

export function depthChart({ events }: Run, scene: Scene): Markup {
  const depths = [
    requestDepth(events, lanesOf(events).requestStream),
    ...replyStreams(events).map((stream) => replyDepth(events, stream)),
  ];
  const used = depths.filter(({ points, read }) => points.length > 1 || read !== undefined);
  if (used.length === 0) return markup`<p class="quiet">No stream was used.</p>`;
  const most = (depth: Depth) => depth.points.reduce((highest, point) => Math.max(highest, point.depth), 0);
  const highest = Math.max(1, ...used.map(most));
  const frame = frameOf({
    ...scene,
    highest,
    finest: 1,
    label: (value) => (Number.isInteger(value) ? thousands(value) : ""),
  });
  const words = used.map(
    (depth) =>
      `${shown(depth.stream)}: at most ${most(depth)}${depth.read === undefined ? "" : `, ${depth.read} at the end`}`,
  );
  return markup`<ul class="legend">${used.map((_, i) => markup`<li><span class="swatch s${i % 4}"></span>${words[i]}</li>`)}</ul>
<svg class="chart" viewBox="0 0 ${chartWidth} ${chartHeight}" role="img" aria-label="Messages in each stream over time. ${words.join("; ")}.">${frame.markup}${used.map(
    (depth, i) => markup`
<path class="steps s${i % 4}" d="${stepPath(depth, frame, scene.end)}"/>`,
  )}</svg>
<p class="quiet">Derived from the events${used.some(({ read }) => read !== undefined) ? "; the last value is what reading the stream found" : ""}.</p>`;
}

/** One vertical stroke for each tenth of a pixel that changes, however many changes there are in it. */
function stepPath({ points }: Depth, frame: Frame, end: number): string {
  const columns = new Map<number, number[]>();
  for (const point of points) {
    const x = frame.x(point.t);
    columns.set(x, [...(columns.get(x) ?? []).slice(-3), frame.y(point.depth)]);
  }
  const strokes = [...columns].map(([x, ys]) => `H${x}${ys.map((y) => `V${y}`).join("")}`);
  return `M${frame.x(points[0]?.t ?? 0)} ${frame.y(0)}${strokes.join("")}H${frame.x(end)}`;
}

export function latencyChart(paths: readonly Path[], scene: Scene, loads: readonly string[]): Markup {
  const table = percentiles(paths);
  if (table.length === 0) return markup`<p class="quiet">No reply reached a requester.</p>`;
  const timed = paths.filter((path) => path.latencyMs !== undefined || path.gaveUpMs !== undefined);
  const dots = timed.filter((_, i) => i % Math.ceil(timed.length / mostDots) === 0);
  const wait = (path: Path) => path.latencyMs ?? path.gaveUpMs ?? 0;
  const highest = timed.reduce((most, path) => Math.max(most, wait(path)), 0);
  const frame = frameOf({ ...scene, highest, label: (ms) => (ms === 0 ? "0" : moment(ms)) });
  const isMixed = loads.length > 1 || paths.some((path) => path.as !== loads[0]);
  const rows = isMixed ? [...loads, "all"] : loads;
  const replies = paths.filter((path) => path.latencyMs !== undefined).length;
  const left =
    dots.length < timed.length ? ` Every ${ordinal(Math.ceil(timed.length / mostDots))} is drawn.` : "";
  return markup`<ul class="legend"><li><span class="dot"></span>${thousands(replies)} got a reply</li>${
    replies < timed.length
      ? markup`<li><span class="dot none"></span>${thousands(timed.length - replies)} gave up</li>`
      : undefined
  }</ul>
<svg class="chart" viewBox="0 0 ${chartWidth} ${chartHeight}" role="img" aria-label="Wait of each request, by the time it was requested. The percentiles are in the table.">${frame.markup}${dots.map(
    (path) => dot(path, round(frame.x(path.requestedAt ?? scene.start)), frame.y(wait(path)), wait(path)),
  )}</svg>
<div class="wide" tabindex="0" role="region" aria-label="Percentiles"><table class="percentiles"><caption>From requested to received or collected, ${thousands(replies)} ${replies === 1 ? "reply" : "replies"}.${left}</caption>
<thead><tr>${loads.length > 0 ? markup`<th scope="col">load</th>` : undefined}${table.map(({ name }) => markup`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${
    loads.length > 0
      ? rows.map((load) =>
          percentileRow(
            paths.filter(({ as }) => load === "all" || as === load),
            load,
          ),
        )
      : percentileRow(paths)
  }</tbody></table></div>`;
}

function percentileRow(paths: readonly Path[], load?: string): Markup {
  return markup`<tr>${load === undefined ? undefined : markup`<th scope="row">${shown(load, 40)}</th>`}${percentiles(paths).map(({ ms }) => markup`<td>${duration(ms)}</td>`)}</tr>`;
}

function dot(path: Path, x: number, y: number, ms: number): Markup {
  return markup`
<circle class="dot${path.latencyMs === undefined ? " none" : ""}" data-r="${path.index}" cx="${x}" cy="${y}" r="3.5"><title>${shown(path.name)}: ${duration(ms)}</title></circle>`;
}

const ordinal = (n: number) => (n === 2 ? "second" : n === 3 ? "third" : `${n}th`);
