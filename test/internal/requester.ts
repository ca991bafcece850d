// What the tests see of src/requester beside the public index: its internal entry point.

export { Elsewhere } from "../../src/requester/elsewhere.js";
export { handleOf, requireHandle } from "../../src/requester/handle.js";
export { findInQueue } from "../../src/requester/in-queue.js";
export { Arrivals, asPart } from "../../src/requester/many/arrivals.js";
export { inOrder } from "../../src/requester/many/in-order.js";
export { type Call, OpenCalls } from "../../src/requester/open-calls.js";
export { requireTimeout } from "../../src/requester/options.js";
export { repeated } from "../../src/requester/repeated.js";
export { Settling } from "../../src/requester/settling.js";
export { strategies } from "../../src/requester/strategies/index.js";
export { Turns } from "../../src/requester/turns.js";
export { findUnconfirmed } from "../../src/requester/unconfirmed.js";
