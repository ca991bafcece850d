// How this command line was called, so that a hint can be copied as it stands: a clone types `npm run jsrr --`.
import { terminal } from "./terminal.js";

/** Set by bin/dev.mjs, which is how a clone runs it. */
const given = "JSRR_CALLED";

export function called(): string {
  const { env } = terminal();
  return env[given] || (env.npm_lifecycle_event === "npx" ? "npx jsrr" : "jsrr");
}

/** Errors come from rooms that know `jsrr` only: what they say is to be run stands in backquotes, or begins a clause. */
export const asCalled = (text: string) => text.replace(/(?<=[`(]|[:;] )jsrr (?=[a-z])/g, `${called()} `);
