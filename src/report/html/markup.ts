// Markup: HTML and SVG templates that escape what is put into them, and the palette.
/** Text that is safe to be written as it stands. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Markup | string | number | undefined | readonly Piece[];

/** HTML or SVG. Holes are escaped for text and for quoted attributes; lists are joined; undefined is nothing. */
export function markup(parts: TemplateStringsArray, ...holes: Piece[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + written(holes[i - 1]) + part));
}

function written(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "object") return piece.map(written).join("");
  return escaped(String(piece));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Text for the script to compare, exactly: no character of it means anything in markup or in a URL, or is unseen. */
export function encoded(text: string): string {
  // An unpaired surrogate has no encoding: it becomes the replacement character, as it does in the file.
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
}

// The palette: few colours, each with one meaning, in light and in dark.

const light =
  "--page:#faf9f7;--card:#ffffff;--ink:#22272e;--muted:#5c6570;--line:#e2dfd9;--accent:#2a5f94;--good:#23744a;--bad:#ab4722;--open:#7d6208;--fault:#c8643c22;--absence:#80808016;--soft:#f3f1ed;--mark:#fbe9df;--lit:#2a5f9417";
const dark =
  "--page:#14171a;--card:#1b1f24;--ink:#e3e6e9;--muted:#9aa4ae;--line:#31383f;--accent:#86b6e6;--good:#74c796;--bad:#ee9d78;--open:#dcc069;--fault:#e08a5c2b;--absence:#a0a0a018;--soft:#22272d;--mark:#3b2a22;--lit:#86b6e61f";

/** Colours as custom properties of `selector`. */
export function palette(selector: string): string {
  return `${selector}{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){${selector}{${dark}}}`;
}

export const fonts = `system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif`;

export const sequenceStyle = `.seq text{font:12px ${fonts};fill:var(--ink)}
.seq .head rect{fill:var(--soft);stroke:var(--line)}
.seq .head.requests rect,.seq .head.replies rect,.seq .head.dead-letters rect{fill:var(--card);stroke:var(--accent)}
.seq .head text{text-anchor:middle}
.seq .head .name{font-weight:600;font-size:12.5px}
.seq .head .role{font-size:10.5px;fill:var(--muted)}
.seq .lifeline{stroke:var(--line);stroke-dasharray:2 4}
.seq .alive{stroke:var(--muted);stroke-width:1.5;opacity:.55}
.seq .alive.requests,.seq .alive.replies,.seq .alive.dead-letters{stroke:var(--accent);stroke-width:2}
.seq .band.fault{fill:var(--fault)}
.seq .band.absence{fill:var(--absence)}
.seq .pause{stroke:var(--line);stroke-dasharray:1 5;stroke-linecap:round;stroke-width:1.5}
.seq .time,.seq .passed{fill:var(--muted);text-anchor:end;font-size:11px;font-variant-numeric:tabular-nums}
.seq .passed{font-style:italic}
.seq .label{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.seq .hit{fill:transparent}
.seq .arrow,.seq .cross{fill:none;stroke:var(--accent);stroke-width:1.5}
.seq .cross{stroke-width:2.5;stroke-linecap:round}
.seq .tip,.seq .mark{fill:var(--accent)}
.seq .dashed .arrow{stroke-dasharray:4 3}
.seq .good .arrow{stroke:var(--good)}.seq .good .tip,.seq .good .mark{fill:var(--good)}
.seq .bad .arrow,.seq .bad .cross{stroke:var(--bad)}.seq .bad .tip,.seq .bad .mark{fill:var(--bad)}
.seq .quiet .arrow{stroke:var(--muted)}.seq .quiet .tip,.seq .quiet .mark{fill:var(--muted)}
.seq .good .label{fill:var(--good)}.seq .bad .label{fill:var(--bad)}.seq .quiet .label{fill:var(--muted)}`;
