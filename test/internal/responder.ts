// What the tests see of src/responder beside the public index: its internal entry point.
export { bury } from "../../src/responder/dead-letter-box.js";
export { readDelivery } from "../../src/responder/delivery.js";
export { Draining } from "../../src/responder/draining.js";
export { InHand } from "../../src/responder/in-hand.js";
export { partsMenu } from "../../src/responder/menu.js";
export { Pull } from "../../src/responder/pull.js";
export { backoff } from "../../src/responder/retry.js";
