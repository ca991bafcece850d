// The HTML report, and the picture of a sequence alone.
export { type Overview, overview } from "./overview.js";
export { html } from "./page.js";
export { sequenceSvg } from "./picture.js";
export type { PartialRun, Source } from "./reported.js";
