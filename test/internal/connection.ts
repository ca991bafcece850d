// What the tests see of src/connection beside the public index: its internal entry point.
export { displayUrl, readAddress } from "../../src/connection/connect.js";
export { flushConnection } from "../../src/connection/flush.js";
export { LinkedList } from "../../src/connection/linked-list.js";
export { publish } from "../../src/connection/publish.js";
export { toleratesLateWriteErrors } from "../../src/connection/socket-workarounds.js";
export { watchConnection } from "../../src/connection/watch.js";
