// HTML document: the frame around a body.
import { readFileSync } from "node:fs";
import { fonts, type Markup, markup, palette, Markup as Raw, sequenceStyle } from "./markup.js";

/** From `src/report/html` and from `dist/report/html` alike. */
export const readAsset = (name: string): string =>
  readFileSync(new URL(`../../../assets/${name}`, import.meta.url), "utf8");

const pageStyle = () => `${palette(":root")}:root{--fonts:${fonts}}\n${sequenceStyle}\n${readAsset("report.css")}`;

/**
 * The document may load nothing: style and script are in it. Without a script it allows none: whatever got into it from the
 * wire cannot run.
 */
export function htmlDocument({ title, body, script }: { title: string; body: Markup; script?: string }): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'${script === undefined ? "" : "; script-src 'unsafe-inline'"}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Raw(policy)}">
<title>${title}</title>
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
