// Charts: queue depth and latency of a run over time.
import type { HistoryEvent } from "../../history/event.js";
import { waitHistogram } from "../../history/latency.js";
import type { Run } from "../../history/result.js";
import { ofType } from "../../history/select.js";
import { requestStreamsOf } from "../message-routes.js";
import { RepliesHeld, RequestsHeld } from "../stream-contents.js";
import { plain } from "../text-layout.js";
import type { Diagram } from "./diagram-model.js";
import { type Markup, markup } from "./markup.js";
import { type Path, thousands } from "./request-paths.js";

const mostDots = 1500;

export function depthChart({ events }: Run, diagram: Diagram): Markup {
  const depths = [
    ...requestStreamsOf(events).map((stream) => requestDepth(events, stream)),
    ...replyStreams(events).map((stream) => replyDepth(events, stream)),
  ];
  const used = depths.filter(({ points, read }) => points.length > 1 || read !== undefined);
  if (used.length === 0) return markup`<p class="quiet">No stream was used.</p>`;
  const most = (depth: Depth) => depth.points.reduce((highest, point) => Math.max(highest, point.depth), 0);
  const highest = Math.max(1, ...used.map(most));
  const frame = frameOf(diagram, highest, (value) => (Number.isInteger(value) ? thousands(value) : ""), { finest: 1 });
  const words = used.map(
    (depth) =>
      `${plain(depth.stream)}: at most ${most(depth)}${depth.read === undefined ? "" : `, ${depth.read} at the end`}`,
  );
  return markup`<ul class="legend">${used.map((_, i) => markup`<li><span class="swatch s${i % 4}"></span>${words[i]}</li>`)}</ul>
<svg class="chart" viewBox="0 0 ${chartWidth} ${chartHeight}" role="img" aria-label="Messages in each stream over time. ${words.join("; ")}.">${frame.markup}${used.map(
    (depth, i) => markup`
<path class="steps s${i % 4}" d="${stepPath(depth, frame, diagram.end)}"/>`,
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

export function latencyChart(paths: readonly Path[], diagram: Diagram, loads: readonly string[]): Markup {
  const table = waitPercentiles(paths);
  if (table.length === 0) return markup`<p class="quiet">No reply reached a requester.</p>`;
  const timed = paths.filter((path) => path.latencyMs !== undefined || path.gaveUpMs !== undefined);
  const dots = timed.filter((_, i) => i % Math.ceil(timed.length / mostDots) === 0);
  const wait = (path: Path) => path.latencyMs ?? path.gaveUpMs ?? 0;
  const waits = timed.map(wait).sort((a, b) => a - b);
  const highest = waits.at(-1) ?? 0;
  const isSkewed = hasOutlier(waits);
  const frame = frameOf(diagram, highest, (ms) => (ms === 0 ? "0" : moment(ms)), {
    lowest: isSkewed ? waits[0] : undefined,
  });
  const isMixed = loads.length > 1 || paths.some((path) => path.as !== loads[0]);
  const rows = isMixed ? [...loads, "all"] : loads;
  const replies = paths.filter((path) => path.latencyMs !== undefined).length;
  const left = dots.length < timed.length ? ` Every ${ordinal(Math.ceil(timed.length / mostDots))} is drawn.` : "";
  return markup`<ul class="legend"><li><span class="dot"></span>${thousands(replies)} got a reply</li>${
    replies < timed.length
      ? markup`<li><span class="dot none"></span>${thousands(timed.length - replies)} gave up</li>`
      : undefined
  }${isSkewed ? markup`<li>logarithmic scale</li>` : undefined}</ul>
<svg class="chart" viewBox="0 0 ${chartWidth} ${chartHeight}" role="img" aria-label="Wait of each request, by the time it was requested. The percentiles are in the table.">${frame.markup}${dots.map(
    (path) => dot(path, round(frame.x(path.requestedAt ?? diagram.start)), frame.y(wait(path)), wait(path)),
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
  return markup`<tr>${load === undefined ? undefined : markup`<th scope="row">${plain(load, 40)}</th>`}${waitPercentiles(paths).map(({ ms }) => markup`<td>${duration(ms)}</td>`)}</tr>`;
}

function dot(path: Path, x: number, y: number, ms: number): Markup {
  return markup`
<circle class="dot${path.latencyMs === undefined ? " none" : ""}" data-r="${path.index}" cx="${x}" cy="${y}" r="3.5"><title>${plain(path.name)}: ${duration(ms)}</title></circle>`;
}

const ordinal = (n: number) => (n === 2 ? "second" : n === 3 ? "third" : `${n}th`);

const chartWidth = 460;
const chartHeight = 220;
const inside = { left: 50, right: chartWidth - 12, top: 14, bottom: chartHeight - 30 };

type Frame = ReturnType<typeof frameOf>;

/**
 * Axes with round numbers, and bands where something was broken.
 * @param highest value on the vertical axis. @param finest is its smallest step: 1 for what is counted. @param lowest of the
 * values makes the axis logarithmic.
 */
function frameOf(
  { start, end, bands }: Diagram,
  highest: number,
  label: (value: number) => string,
  { finest, lowest }: { finest?: number; lowest?: number } = {},
) {
  const span = Math.max(1, end - start);
  const steps = lowest === undefined ? ticks(highest, finest) : powers(lowest, highest);
  const share = scaleOf(steps, lowest !== undefined);
  const x = (t: number) =>
    round(inside.left + (Math.min(span, Math.max(0, t - start)) / span) * (inside.right - inside.left));
  const y = (value: number) => round(inside.bottom - share(value) * (inside.bottom - inside.top));
  const times = ticks(span / 1000).filter((ms) => ms * 1000 <= span);
  return {
    x,
    y,
    markup: markup`${bands.map(
      (band) => markup`
<rect class="band ${band.kind}" x="${x(band.from)}" y="${inside.top}" width="${Math.max(1.5, round(x(band.to) - x(band.from)))}" height="${inside.bottom - inside.top}"><title>${band.label}</title></rect>`,
    )}${steps.map(
      (value) => markup`
<path class="grid" d="M${inside.left} ${y(value)}H${inside.right}"/><text class="value" x="${inside.left - 8}" y="${y(value) + 4}">${label(value)}</text>`,
    )}${times.map(
      (ms) => markup`
<text class="moment" x="${x(start + ms * 1000)}" y="${inside.bottom + 18}">${ms === 0 ? "0" : moment(ms)}</text>`,
    )}`,
  };
}

/** Where a value is between the lowest and the highest mark of an axis: 0 to 1. */
export function scaleOf(steps: readonly number[], isLogarithmic: boolean): (value: number) => number {
  if (!isLogarithmic) return (value) => value / (steps.at(-1) ?? 1);
  const [low, high] = [Math.log10(steps[0] ?? 1), Math.log10(steps.at(-1) ?? 10)];
  return (value: number) => Math.max(0, (Math.log10(Math.max(value, 1e-6)) - low) / (high - low));
}

/**
 * Whether the highest value leaves no height for the others: then the scale is logarithmic.
 * @param sorted values in ascending order.
 */
export const hasOutlier = (sorted: readonly number[]): boolean =>
  (sorted.at(-1) ?? 0) > 20 * (sorted[Math.floor(sorted.length / 2)] ?? 0);

/** The powers of ten around these values. */
export function powers(lowest: number, highest: number): number[] {
  const from = Math.floor(Math.log10(Math.max(lowest, 0.01)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(highest) - 1e-9));
  return Array.from({ length: to - from + 1 }, (_, i) => Number((10 ** (from + i)).toPrecision(3)));
}

/** 0 and up to five round numbers, `finest` apart or more; the last of them is at least `highest`. */
export function ticks(highest: number, finest = 0): number[] {
  const rough = Math.max(highest, 1e-6) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(finest, ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const many = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: Math.max(1, many) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** A time on an axis: `250 ms`, `1.5 s`. */
function moment(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(4))} s`;
  return ms >= 1 ? `${Number(ms.toPrecision(4))} ms` : duration(ms);
}

/** Tenths of a pixel are enough. */
export const round = (value: number) => Math.round(value * 10) / 10;

/** How many messages a stream held over time, derived from the events. */
interface Depth {
  stream: string;
  /** `t`: microseconds on the run's clock. */
  points: { t: number; depth: number }[];
  /** What reading the stream found at the end; it settles what a killed actor did not record. */
  read?: number;
}

export function requestDepth(events: readonly HistoryEvent[], stream: string): Depth {
  return follow(events, stream, new RequestsHeld());
}

export function replyDepth(events: readonly HistoryEvent[], stream: string): Depth {
  return follow(events, stream, new RepliesHeld());
}

function replyStreams(events: readonly HistoryEvent[]): string[] {
  const named = ofType(events, "replied", "status-stored", "replies-read");
  return [...new Set(named.flatMap(({ stream }) => stream ?? []))];
}

function follow(events: readonly HistoryEvent[], stream: string, contents: RequestsHeld | RepliesHeld): Depth {
  const points: Depth["points"] = [{ t: events[0]?.t ?? 0, depth: 0 }];
  let read: number | undefined;
  const put = (t: number, depth: number) => {
    if (depth !== points.at(-1)?.depth) points.push({ t, depth });
  };
  for (const event of events) {
    contents.apply(event, stream);
    if (event.type === "requests-read" && event.stream === stream) read = event.requests.length;
    if (event.type === "replies-read" && event.stream === stream && contents instanceof RepliesHeld)
      read = contents.read(event.replies);
    put(event.t, read ?? contents.size);
  }
  return { stream, points, read };
}

/** How long requesters waited for their replies. Empty where no reply came. */
export function waitPercentiles(paths: readonly Path[]): { name: string; ms: number }[] {
  const waits = waitHistogram(paths.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : latencyMs * 1000)));
  if (waits.count === 0) return [];
  const named = [50, 90, 95, 99, 99.9].map((percent) => ({ name: `p${percent}`, ms: waits.at(percent) }));
  return [{ name: "fastest", ms: waits.min }, ...named, { name: "slowest", ms: waits.max }];
}

/** `0.42 ms`, `17 ms`, `1.05 s`: three digits at most. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}
