// What the tests see of src/connection beside the public index: its internal entry point.
export { displayUrl, readAddress } from "../../src/connection/connect.js";
export { quickPublish, quickPublishToAll } from "../../src/connection/fast-publish.js";
export { flushed } from "../../src/connection/flush.js";
export { toleratesLateWriteErrors } from "../../src/connection/socket-workarounds.js";
export { watchConnection } from "../../src/connection/watch.js";
