// The sequence of a run as one static SVG: no script, and its own light and dark, so that a README can show it.
import { fonts, palette, sequenceStyle } from "./colors.js";
import { type Layout, layoutOf } from "./layout.js";
import { Markup, markup, shown } from "./markup.js";
import { pathsOf } from "./paths.js";
import { completed, type PartialRun } from "./reported.js";
import { sample } from "./sample.js";
import { sceneOf } from "./scene.js";
import { sequenceBody, sequenceHeads } from "./sequence.js";

/** As many requests as people look at in a README. */
const mostDrawn = 8;
/** Milliseconds: a pause of a second is told by a scenario, one of less may be a busy machine's. */
const longPause = 800;

/** Times that are the machine's and not the story's are left out, so that another run of the same story looks the same. */
export function sequenceSvg(partial: PartialRun): string {
  const run = completed(partial);
  const paths = pathsOf(run);
  const { drawn, note } = sample(paths.all, mostDrawn);
  const scene = sceneOf(run, paths, drawn);
  const layout = timeless(layoutOf(scene, 820, longPause));
  const height = layout.height + (note === "" ? 0 : 24);
  const title = `What happened in ${shown(run.result.scenario)}`;
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

function timeless(layout: Layout): Layout {
  return {
    ...layout,
    rows: layout.rows.map((row) => ({ ...row, time: "" })),
    pauses: layout.pauses.map(({ y, ms }) => ({ y, ms, text: `+${Math.round(ms / 1000)} s` })),
  };
}
