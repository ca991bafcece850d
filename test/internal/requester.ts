// What the tests see of src/requester beside the public index: its internal entry point.
export { retryUntilAnswered } from "../../src/connection/retry.js";
export { ReceivedReply } from "../../src/protocol/headers.js";
export { Withdrawal } from "../../src/requester/cancel.js";
export { OtherMailboxes } from "../../src/requester/duplicate-request.js";
export { findUnconfirmed } from "../../src/requester/find-request.js";
export { requireHandle } from "../../src/requester/handle.js";
export { type LabRequesterOptions, requireTimeout } from "../../src/requester/options.js";
export { OutstandingLimit } from "../../src/requester/outstanding-limit.js";
export { PendingRequest, PendingRequests } from "../../src/requester/pending-requests.js";
export { findInQueue } from "../../src/requester/queue-state.js";
export { Arrivals, asPart, inOrder } from "../../src/requester/reply-stream.js";
export { openLabRequester } from "../../src/requester/requester.js";
export { strategies } from "../../src/requester/strategies/index.js";
