// What the tests see of src/protocol beside the public index: its internal entry point.
export { Deadlines, OneTimer, Place, type Waiting } from "../../src/connection/deadline-table.js";
export { inHand } from "../../src/protocol/cancel.js";
export { deadLetterHeader } from "../../src/protocol/dead-letter.js";
export { core } from "../../src/protocol/dialects/core.js";
export type { Dialect } from "../../src/protocol/dialects/dialect.js";
export { detect, dialects } from "../../src/protocol/dialects/index.js";
export { kit } from "../../src/protocol/dialects/kit.js";
export { nestjs, nestjs1 } from "../../src/protocol/dialects/nestjs.js";
export { quarkus, quarkusMessage } from "../../src/protocol/dialects/quarkus.js";
export { trialDialect as trial } from "../../src/protocol/dialects/trial.js";
export { AlreadyStoredError } from "../../src/protocol/errors.js";
export { codeOf, statuses } from "../../src/protocol/events.js";
export { encodedHeaders, headerBlock, valueIn } from "../../src/protocol/header-block.js";
export {
  readHeader,
  readReply,
  readReplyTo,
  readRequest,
  replyHeaders,
  requestHeaders,
} from "../../src/protocol/headers.js";
export { readPubAck } from "../../src/protocol/pub-ack.js";
export { defaultNames, queueNames } from "../../src/protocol/queue-names.js";
export { idOfToken, idToken, isRequestId, newRequestId } from "../../src/protocol/request-id.js";
export { fromApiError, fromClientError } from "../../src/protocol/server-error.js";
export { atLeast, compareVersions, hasFeature, requireFeature } from "../../src/protocol/server-version.js";
export { compareSpecificity, includes, matches, overlap } from "../../src/protocol/subject-patterns.js";
export { header, maxAttemptsKey, quote, replyAddresses, requireName, sharedKey } from "../../src/protocol/subjects.js";
