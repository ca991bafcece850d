// Replies on stdout, for `jsrr request` and `jsrr collect`: one, or several as they arrive.
import type { Reply } from "../../protocol/headers.js";
import type { LastReply, ManyReply } from "../../requester/reply-stream.js";
import { EndWith, exit } from "../exit.js";
import { jsonPayload, note, sayJson, sayJsonLine, sayPayload } from "../terminal.js";

/** `handle` is part of the JSON where the command made the request. */
export function printReply({ status, text, data }: Reply, { json }: { json?: boolean }, handle?: string): void {
  if (json) sayJson({ ...statusAndPayload({ status, data }), handle });
  else if (status === "ok") sayPayload(data);
  else note(`${status}: ${text}`);
  if (status !== "ok") throw new EndWith(exit.violated);
}

/** A reply as members of a JSON object. */
export const statusAndPayload = ({ status, data }: Pick<Reply, "status" | "data">) => ({
  status,
  ...jsonPayload(data),
});

/** Prints the parts. @returns the last reply, undefined if they ended without one, and how many parts were printed. */
export async function printAll(
  replies: AsyncIterable<ManyReply>,
  { json }: { json?: boolean },
): Promise<{ last?: LastReply; parts: number }> {
  let parts = 0;
  for await (const reply of replies) {
    if (reply.last) return { last: reply, parts };
    parts++;
    if (json) sayJsonLine({ part: reply.part, ...jsonPayload(reply.data) });
    else sayPayload(reply.data);
  }
  return { parts };
}

/** After parts each reply is a line of JSON. */
export function lastAfterParts(
  { status, text, data, parts }: LastReply,
  { json }: { json?: boolean },
  handle?: string,
): void {
  if (json) sayJsonLine({ status, ...jsonPayload(data), parts, handle });
  else if (status !== "ok") note(`${status}: ${text}`);
  else if (data.length > 0) sayPayload(data);
  if (status !== "ok") throw new EndWith(exit.violated);
}
