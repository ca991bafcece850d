// The HTML report, and the picture of a sequence alone. One line makes a reporter of it: `html: (run) => html(run, source)`.
export { html } from "./page.js";
export { sequenceSvg } from "./picture.js";
export type { PartialRun, Source } from "./reported.js";
