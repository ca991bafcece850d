// What the tests see of src/requester beside the public index: its internal entry point.

export { retryUntilAnswered } from "../../src/connection/retry.js";
export { Elsewhere } from "../../src/requester/duplicate-request.js";
export { handleOf, requireHandle } from "../../src/requester/handle.js";
export { findUnconfirmed } from "../../src/requester/lost-puback.js";
export { requireTimeout } from "../../src/requester/options.js";
export { Turns } from "../../src/requester/outstanding-limit.js";
export { type Call, OpenCalls, Settling } from "../../src/requester/pending-requests.js";
export { findInQueue } from "../../src/requester/queue-state.js";
export { Arrivals, asPart, inOrder } from "../../src/requester/reply-stream.js";
export { strategies } from "../../src/requester/strategies/index.js";
