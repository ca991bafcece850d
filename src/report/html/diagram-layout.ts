// Diagram layout: the geometry of the sequence diagram in pixels.
import { serverLane } from "../events/entry.js";
import { columns, seconds } from "../text-layout.js";
import type { Band, Diagram, Lane, Row } from "./diagram-model.js";

export interface PlacedRow {
  row: Row;
  /** The row's line; its label stands above an arrow and beside a mark. */
  y: number;
  height: number;
  x1: number;
  /** End of an arrow; a mark has none. */
  x2?: number;
  label: { text: string; x: number; anchor: "start" | "middle" | "end" };
  /** Left out where it is the same as on the row above. */
  time: string;
}

export interface DiagramLayout {
  width: number;
  height: number;
  lanes: { lane: Lane; x: number; alive: { y1: number; y2: number }[] }[];
  rows: PlacedRow[];
  pauses: { y: number; ms: number; text: string }[];
  bands: { band: Band; x: number; y: number; width: number; height: number }[];
}

export const gutter = 66;
export const headerHeight = 58;
const arrowHeight = 36;
const markHeight = 28;
const pauseHeight = 30;
const longestLabel = 42;
const letter = 6.3;

/**
 * Every row has a height of its own, so that no two labels meet. Time passes downwards, and a long pause is a wide one.
 * @param wanted is the width to aim at; many lanes take more.
 * @param pause is how many milliseconds are a pause; by default a twentieth of the run.
 */
export function layoutOf(diagram: Diagram, wanted: number, pause?: number): DiagramLayout {
  const gap = Math.min(170, Math.max(112, Math.floor((wanted - gutter) / diagram.lanes.length)));
  const width = gutter + gap * diagram.lanes.length;
  const at = new Map(diagram.lanes.map((lane, i) => [lane.id, Math.round(gutter + gap * (i + 0.5))]));
  const { rows, pauses, height } = placeRows(diagram, (id) => at.get(id) ?? at.get(serverLane) ?? gutter, width, pause);
  return {
    width,
    height,
    rows,
    pauses,
    bands: diagram.bands.map((band) => placeBand(band, rows, at.get(band.on), gap, width)),
    lanes: diagram.lanes.map((lane) => ({ lane, x: at.get(lane.id) ?? 0, alive: lives(lane, rows, height) })),
  };
}

function placeRows(diagram: Diagram, xOf: (lane: string) => number, width: number, pause?: number) {
  const total = (diagram.end - diagram.start) / 1000;
  const long = pause ?? Math.max(100, total * 0.05);
  const rows: PlacedRow[] = [];
  const pauses: DiagramLayout["pauses"] = [];
  let y = headerHeight;
  let latest = 0;
  for (const row of diagram.rows) {
    const before = rows.at(-1);
    const passed = before ? row.ms - before.row.ms : 0;
    if (passed >= long) {
      pauses.push({ y: y + pauseHeight / 2 + 4, ms: passed, text: `+${seconds(passed)}` });
      y += pauseHeight;
    }
    const height = row.to === undefined ? markHeight : arrowHeight;
    y += height;
    const x1 = xOf(row.from);
    const x2 = row.to === undefined ? undefined : xOf(row.to);
    const time = seconds(row.ms);
    // Two clocks may differ by microseconds: a lower row never shows an earlier time.
    const isSame = before !== undefined && passed < long && (row.ms <= latest || seconds(latest) === time);
    latest = Math.max(latest, row.ms);
    rows.push({ row, y: y - 8, height, x1, x2, label: placeLabel(row.label, x1, x2, width), time: isSame ? "" : time });
  }
  return { rows, pauses, height: y + 22 };
}

/** Above the middle of an arrow, or beside a mark: wherever it stays inside the picture. */
function placeLabel(whole: string, x1: number, x2: number | undefined, width: number): PlacedRow["label"] {
  const letters = [...whole];
  const text = letters.length > longestLabel ? `${letters.slice(0, longestLabel - 1).join("")}…` : whole;
  const size = columns(text) * letter;
  if (x2 !== undefined) {
    const middle = (x1 + x2) / 2;
    return { text, x: Math.max(gutter + size / 2, Math.min(width - 6 - size / 2, middle)), anchor: "middle" };
  }
  if (x1 + 12 + size <= width) return { text, x: x1 + 12, anchor: "start" };
  if (x1 - 12 - size >= gutter) return { text, x: x1 - 12, anchor: "end" };
  return { text, x: Math.max(gutter, width - size), anchor: "start" };
}

/** The band of a broken server is as wide as the diagram, that of an actor (at `x`, in its lane) as its lane. */
function placeBand(
  band: Band,
  rows: readonly PlacedRow[],
  x: number | undefined,
  gap: number,
  width: number,
): DiagramLayout["bands"][number] {
  const during = rows.filter(({ row }) => row.event.t >= band.from && row.event.t <= band.to);
  const before = rows.findLast(({ row }) => row.event.t < band.from);
  const first = during[0];
  // What begins with no event of its own begins where the event before it ends: the pause between them is in it.
  const own = first !== undefined && first.row.event.t === band.from;
  const y = own ? first.y - first.height + 8 : before ? before.y + 8 : headerHeight;
  const last = during.at(-1);
  const height = last ? last.y + 8 - y : 12;
  if (band.on === serverLane || x === undefined) return { band, x: gutter - 6, y, width: width - gutter + 6, height };
  return { band, x: x - gap / 2 + 4, y, width: gap - 8, height };
}

/** Streams are always there; actors from their start to their stop or death. */
function lives(lane: Lane, rows: readonly PlacedRow[], height: number): { y1: number; y2: number }[] {
  const end = height - 14;
  const isActor = ["requester", "responder", "service"].includes(lane.kind);
  const own = rows.filter(({ row }) => "name" in row.event && row.event.name === lane.id);
  if (!isActor || !own.some(({ row }) => row.event.type === "actor-started"))
    return [{ y1: headerHeight - 8, y2: end }];
  const alive: { y1: number; y2: number }[] = [];
  let since: number | undefined;
  for (const { row, y } of own) {
    if (row.event.type === "actor-started") since ??= y;
    else if (since !== undefined) {
      alive.push({ y1: since, y2: y });
      since = undefined;
    }
  }
  return since === undefined ? alive : [...alive, { y1: since, y2: end }];
}
