// Diagram SVG: the sequence diagram drawn from its layout, for the page and as a picture for a README.
import type { Run } from "../../history/result.js";
import { outcomeText } from "../event-text.js";
import { columns, plain } from "../text-layout.js";
import { type DiagramLayout, gutter, headerHeight, layoutOf, type PlacedRow } from "./diagram-layout.js";
import { diagramOf, type Lane } from "./diagram-model.js";
import { encoded, fonts, Markup, markup, palette, sequenceStyle } from "./markup.js";
import { type Path, pathsOf, sample } from "./request-paths.js";

const titles: Record<Lane["kind"], string> = {
  requester: "requester",
  responder: "responder",
  service: "service",
  requests: "work queue",
  replies: "replies",
  "dead-letters": "dead letters",
  server: "nats-server",
  node: "nats-server",
};

export function linkTo(path: Pick<Path, "name">): string {
  return `#request=${encoded(path.name)}`;
}

/** Bands, lifelines and rows; `links` makes the first row of each request a link to it. */
export function sequenceBody(layout: DiagramLayout, { links }: { links: boolean }): Markup {
  const seen = new Set<Path>();
  const first = (path: Path | undefined) => path !== undefined && !seen.has(path) && seen.add(path) !== undefined;
  return markup`${layout.bands.map(
    ({ band, x, y, width, height }) => markup`
<rect class="band ${band.kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"><title>${band.label}</title></rect>`,
  )}${layout.lanes.map(
    ({ lane, x, alive }) => markup`
<path class="lifeline" d="M${x} ${headerHeight - 8}V${layout.height - 14}"/>${alive.map(
      ({ y1, y2 }) => markup`<path class="alive ${lane.kind}" d="M${x} ${y1}V${y2}"/>`,
    )}`,
  )}${layout.pauses.map(
    ({ y, text }) => markup`
<path class="pause" d="M${gutter} ${y - 4}H${layout.width - 4}"/><text class="passed" aria-hidden="true" x="${gutter - 12}" y="${y}">${text}</text>`,
  )}${layout.rows.map((placed) => drawRow(placed, { links, first: links && first(placed.row.path) }, layout.width))}`;
}

/** The whole diagram, small, with a frame around what is in sight. Hidden without the script, and where all is in sight. */
export function minimap({ width, height, lanes, rows, bands }: DiagramLayout): Markup {
  const tones = ["plain", "good", "bad", "quiet"] as const;
  const strokes = tones.flatMap((tone) => {
    const d = rows
      .filter(({ row }) => (row.tone ?? "plain") === tone)
      .map(({ x1, x2, y }) => `M${x2 === undefined ? x1 - 12 : x1} ${y}H${x2 ?? x1 + 12}`);
    return d.length === 0 ? [] : markup`<path class="${tone}" d="${d.join("")}"/>`;
  });
  return markup`<svg id="map" class="map" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true" hidden>${bands.map(
    ({ band, x, y, width, height }) =>
      markup`<rect class="band ${band.kind}" x="${x}" y="${y}" width="${width}" height="${height}"/>`,
  )}<path class="lanes" d="${lanes.map(({ x }) => `M${x} 0V${height}`).join("")}"/>${strokes}<rect class="seen" x="0" y="0" width="0" height="0"/></svg>`;
}

/** The names of the lanes; on a page they stay while the rest scrolls. */
export function sequenceHeads({ lanes, width }: DiagramLayout): Markup {
  const gap = (width - gutter) / lanes.length;
  return markup`${lanes.map(({ lane, x }) => {
    const most = Math.floor((gap - 10) / 8.6);
    const name = columns(lane.id) > most ? `${[...lane.id].slice(0, most - 1).join("")}…` : lane.id;
    const same = titles[lane.kind] === name || lane.id === "server";
    return markup`
<g class="head ${lane.kind}"><title>${plain(lane.id)}</title><rect x="${x - gap / 2 + 3}" y="6" width="${gap - 6}" height="40" rx="6"/>
<text class="name" x="${x}" y="${same ? 31 : 23}">${same ? titles[lane.kind] : plain(name)}</text>${same ? undefined : markup`<text class="role" x="${x}" y="38">${titles[lane.kind]}</text>`}</g>`;
  })}`;
}

function drawRow(placed: PlacedRow, { links, first }: { links: boolean; first: boolean }, width: number): Markup {
  const { row, y, height, label, time } = placed;
  const classes = ["row", row.tone ?? "plain", ...(row.dashed ? ["dashed"] : []), ...(row.path ? ["of"] : [])].join(
    " ",
  );
  // A picture in a README cannot be pointed at, and the text may hold ids.
  const title = links ? markup`<title>${row.actor} ${row.text}</title>` : undefined;
  const moment =
    time === ""
      ? undefined
      : markup`<text class="time" aria-hidden="true" x="${gutter - 12}" y="${y + 4}">${time}</text>`;
  const drawn = markup`${title}<rect class="hit" x="2" y="${y - height + 8}" width="${width - 4}" height="${height}" rx="4"/>${shape(placed)}<text class="label" x="${round(label.x)}" y="${placed.x2 === undefined ? y + 4 : y - 7}" text-anchor="${label.anchor}">${label.text}</text>`;
  if (first && row.path) {
    return markup`
${moment}<a href="${linkTo(row.path)}" class="${classes}" data-r="${row.path.index}" aria-label="${label.text}: ${plain(outcomeText(row.path))}">${drawn}</a>`;
  }
  const request = row.path ? markup` data-r="${row.path.index}"` : undefined;
  return markup`
<g class="${classes}"${request} aria-hidden="true">${moment}${drawn}</g>`;
}

function shape({ x1, x2, y, row }: PlacedRow): Markup {
  if (x2 === undefined) {
    if (row.event.type === "actor-crashed")
      return markup`<path class="cross" d="M${x1 - 5} ${y - 5}l10 10m0 -10l-10 10"/>`;
    return markup`<circle class="mark" cx="${x1}" cy="${y}" r="4"/>`;
  }
  const towards = x2 > x1 ? 1 : -1;
  const tip = x2 - 3 * towards;
  const back = tip - 8 * towards;
  return markup`<path class="arrow" d="M${x1 + 3 * towards} ${y}H${back}"/><path class="tip" d="M${tip} ${y}L${back} ${y - 4}V${y + 4}Z"/>`;
}

const round = (x: number) => Math.round(x * 10) / 10;

/** Requests that a picture in a README shows. */
const mostDrawn = 8;
/** Milliseconds: a pause of a second belongs to a scenario, a shorter one may be a busy machine's. */
const longPause = 800;

/** The sequence of a run as one static SVG, without a script. It holds no times: another run of the same scenario looks the same. */
export function sequenceSvg(run: Run): string {
  const paths = pathsOf(run);
  const { drawn, note } = sample(paths.all, mostDrawn);
  const diagram = diagramOf(run, paths, drawn);
  const layout = timeless(layoutOf(diagram, 820, longPause));
  const height = layout.height + (note === "" ? 0 : 24);
  const title = `What happened in ${plain(run.result.scenario)}`;
  const style = new Markup(
    `${palette("svg")}\n.card{fill:var(--card);stroke:var(--line)}.note{font:11px ${fonts};fill:var(--muted)}\n${sequenceStyle}`,
  );
  const rest = `${drawn.length} of ${paths.all.length} requests are drawn.`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="seq" viewBox="-8 -8 ${layout.width + 16} ${height + 16}" width="${layout.width + 16}" height="${height + 16}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${style}</style>
<rect class="card" x="-7.5" y="-7.5" width="${layout.width + 15}" height="${height + 15}" rx="10"/>${sequenceBody(layout, { links: false })}${sequenceHeads(layout)}${
    note === ""
      ? undefined
      : markup`
<text class="note" x="8" y="${height - 6}">${rest}</text>`
  }
</svg>
`.text;
}

function timeless(layout: DiagramLayout): DiagramLayout {
  return {
    ...layout,
    rows: layout.rows.map((row) => ({ ...row, time: "" })),
    pauses: layout.pauses.map(({ y, ms }) => ({ y, ms, text: `+${Math.round(ms / 1000)} s` })),
  };
}
