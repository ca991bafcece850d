// Replies on stdout, for `jsrr request` and `jsrr collect`: one, or several as they arrive.
import type { Reply } from "../protocol/headers.js";
import type { LastReply, ManyReply } from "../requester/reply-stream.js";
import { EndWith, exit } from "./exit.js";
import { note, say, sayJson } from "./terminal.js";

export function printReply({ status, text }: Reply, { json }: { json?: boolean }): void {
  if (json) sayJson({ status, payload: text });
  else if (status === "ok") say(text);
  else note(`${status}: ${text}`);
  if (status !== "ok") throw new EndWith(exit.violated);
}

/** Prints the parts. @returns the last reply, undefined if they ended without one, and how many parts were printed. */
export async function printAll(
  replies: AsyncIterable<ManyReply>,
  { json }: { json?: boolean },
): Promise<{ last?: LastReply; parts: number }> {
  let parts = 0;
  for await (const reply of replies) {
    if (reply.last) return { last: reply, parts };
    parts++;
    say(json ? JSON.stringify({ part: reply.part, payload: reply.text }) : reply.text);
  }
  return { parts };
}

/** After parts each reply is a line of JSON. */
export function lastAfterParts({ status, text, parts }: LastReply, { json }: { json?: boolean }): void {
  if (json) say(JSON.stringify({ status, payload: text, parts }));
  else if (status !== "ok") note(`${status}: ${text}`);
  else if (text !== "") say(text);
  if (status !== "ok") throw new EndWith(exit.violated);
}
