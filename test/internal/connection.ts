// What the tests see of src/connection beside the public index: its internal entry point.
export { displayUrl, readAddress } from "../../src/connection/address.js";
export { flushed } from "../../src/connection/flushed.js";
export { toleratesLateWriteErrors } from "../../src/connection/late-write-errors.js";
export { quickPublish, quickPublishToAll } from "../../src/connection/quick-publish.js";
export { watchConnection } from "../../src/connection/watch.js";
