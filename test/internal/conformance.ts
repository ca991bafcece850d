// What the tests see of src/conformance: its internal entry point.
export {
  type ConformanceReport,
  conformanceExitCode,
  type JudgedPromise,
} from "../../src/conformance/conformance.js";
export { createOnlyReplies, headersOfReplies } from "../../src/conformance/headers.js";
export { orderKinds } from "../../src/conformance/orders.js";
export { promiseFile, promisesOf, type Role, roles } from "../../src/conformance/promises.js";
export { badge, badgeMarkdown, conformanceTable } from "../../src/conformance/table.js";
