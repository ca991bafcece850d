// Bundles the demo's page into dist/demo-page. The published package has the bundle, so its users need no bundler.
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = `${root}dist/demo-page`;

mkdirSync(outdir, { recursive: true });
await build({
  entryPoints: [`${root}demo/page.tsx`, `${root}demo/page.css`],
  ...{ outdir, bundle: true, minify: true, platform: "browser", format: "esm", target: "es2022", logLevel: "warning" },
  ...{ jsx: "automatic", jsxImportSource: "preact" },
});
copyFileSync(`${root}demo/index.html`, `${outdir}/index.html`);
