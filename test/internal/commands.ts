// What the tests see of src/commands beside the public index: its internal entry point.
export { asCalled } from "../../src/commands/called.js";
export { EndWith, exitCodeOf, explain, Interrupted } from "../../src/commands/failure.js";
export { commandLine } from "../../src/commands/main.js";
export { program } from "../../src/commands/program.js";
export { withTerminal } from "../../src/commands/terminal.js";
