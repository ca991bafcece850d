// What the tests see of src/link beside the public index: its internal entry point.
export { Link } from "../../src/link/link.js";
export { type Operation, OperationReader } from "../../src/link/operations.js";
