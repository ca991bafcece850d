// What the tests see of src/common beside the public index: its internal entry point.
export { asError, guardedCallback } from "../../src/common/user-callback.js";
