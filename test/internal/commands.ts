// What the tests see of src/commands beside the public index: its internal entry point.
export { exitCodeOf, explain } from "../../src/commands/errors.js";
export { EndWith, Interrupted } from "../../src/commands/exit.js";
export { commandLine, program } from "../../src/commands/program.js";
export { asCalled, withTerminal } from "../../src/commands/terminal.js";
