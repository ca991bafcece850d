// What the tests see of src/responder beside the public index: its internal entry point.
export { copyToDeadLetters } from "../../src/responder/dead-letters.js";
export { Delivery, readAckAddress, readDeliveryCount } from "../../src/responder/delivery.js";
export { HandlerTable } from "../../src/responder/handlers.js";
export { PullConsumer } from "../../src/responder/pull-consumer.js";
export { backoff } from "../../src/responder/retry.js";
export { ServerClock } from "../../src/responder/server-clock.js";
export { mostKept } from "../../src/responder/unstored.js";
