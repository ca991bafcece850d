// What the tests see of src/commands beside the public index: its internal entry point.

export { EndWith, exitCodeOf, explain, Interrupted } from "../../src/commands/errors.js";
export { commandLine, program } from "../../src/commands/program.js";
export { asCalled, withTerminal } from "../../src/commands/terminal.js";
