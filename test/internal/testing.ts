// What the tests see of src/testing beside the public index: its internal entry point.
export { loadTestcontainers } from "../../src/testing/container.js";
export { acquiring } from "../../src/testing/release.js";
export { accountsConfig } from "../../src/testing/server.js";
