// What the tests see of src/protocol beside the public index: its internal entry point.

export { core } from "../../src/protocol/dialects/core.js";
export { type Dialect, detect, dialects } from "../../src/protocol/dialects/index.js";
export { kit } from "../../src/protocol/dialects/kit.js";
export { nestjs, nestjs1 } from "../../src/protocol/dialects/nestjs.js";
export { quarkus, quarkusMessage } from "../../src/protocol/dialects/quarkus.js";
export { trial } from "../../src/protocol/dialects/trial.js";
export { encodedHeaders, headerBlock, valueIn } from "../../src/protocol/encoded-headers.js";
export { codeOf, endings } from "../../src/protocol/endings.js";
export { hasFeature, requireFeature } from "../../src/protocol/features.js";
export {
  readHeader,
  readReply,
  readRequest,
  replyHeaders,
  requestHeaders,
} from "../../src/protocol/messages.js";
export {
  mailboxSubject,
  quote,
  republishedSubject,
  requestStream,
  requestSubject,
  requireName,
  requireReplyAddress,
  responderConsumer,
} from "../../src/protocol/names.js";
export { OneTimer } from "../../src/protocol/one-timer.js";
export { PendingTable } from "../../src/protocol/pending.js";
export { readPubAck } from "../../src/protocol/pub-ack.js";
export { replyAddresses } from "../../src/protocol/reply-addresses.js";
export { isMailbox, keeping } from "../../src/protocol/reply-places.js";
export { fromApiError, fromClientError } from "../../src/protocol/server-error.js";
export { atLeast, compareVersions } from "../../src/protocol/versions.js";
