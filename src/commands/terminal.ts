// What a command line talks to: by default this process's streams and environment. Several command lines can run in one
// process, each with a terminal of its own; whatever a command starts, also later and in callbacks, finds its own again.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Readable } from "node:stream";

export interface Terminal {
  stdin: Readable;
  stdout: { write(text: string): unknown; columns?: number; isTTY?: boolean };
  stderr: { write(text: string): unknown };
  env: NodeJS.ProcessEnv;
}

/** Costs nothing until a command line is given a terminal of its own. */
const given = new AsyncLocalStorage<Terminal>();

export const terminal = (): Terminal => given.getStore() ?? process;

export const withTerminal = <T>(own: Terminal, run: () => T): T => given.run(own, run);
