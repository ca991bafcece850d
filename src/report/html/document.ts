// HTML document: the frame around a body.
import { readFileSync } from "node:fs";
import { fonts, type Markup, markup, palette, Markup as Raw, sequenceStyle } from "./markup.js";

/** From `src/report/html` and from `dist/report/html` alike. */
export const readAsset = (name: string): string =>
  readFileSync(new URL(`../../../assets/${name}`, import.meta.url), "utf8");

const pageStyle = () => `${palette(":root")}:root{--fonts:${fonts}}\n${sequenceStyle}\n${readAsset("report.css")}`;

/** The same as the demo page's. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%232a5f94'/%3E%3Cpath d='M3 5h8l-2-2M13 11H5l2 2' stroke='white' stroke-width='1.6' fill='none'/%3E%3C/svg%3E";

/**
 * The document may load nothing: style and script are in it. Without a script it allows none: whatever got into it from the
 * wire cannot run.
 */
export function htmlDocument({ title, body, script }: { title: string; body: Markup; script?: string }): string {
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'${script === undefined ? "" : "; script-src 'unsafe-inline'"}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Raw(policy)}">
<title>${title}</title>
<link rel="icon" href="${new Raw(icon)}">
<style>${new Raw(pageStyle())}</style>
</head>
<body>
${body}
${
  script === undefined
    ? undefined
    : markup`<script>${new Raw(script)}</script>
`
}</body>
</html>
`.text;
}
