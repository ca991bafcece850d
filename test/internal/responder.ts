// What the tests see of src/responder beside the public index: its internal entry point.
export { bury } from "../../src/responder/dead-letters.js";
export { InHand, readDelivery } from "../../src/responder/delivery.js";
export { backoff, partsMenu } from "../../src/responder/handlers.js";
export { Pull } from "../../src/responder/pull-consumer.js";
export { Draining } from "../../src/responder/responder.js";
