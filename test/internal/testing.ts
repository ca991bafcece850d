// What the tests see of src/testing beside the public index: its internal entry point.

export { acquiring } from "../../src/common/release.js";
export { loadTestcontainers } from "../../src/testing/container.js";
export { accountsConfig } from "../../src/testing/server.js";
