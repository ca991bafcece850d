// What the tests see of src/link beside the public index: its internal entry point.
export { Link } from "../../src/link/index.js";
