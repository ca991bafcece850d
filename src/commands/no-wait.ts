// `jsrr request --no-wait`: sends, prints the handle, and ends; the reply is collected later, by anybody who has it.
import type { NatsConnection } from "@nats-io/nats-core";
import { Option } from "commander";
import { formatHandle } from "../requester/handle.js";
import { Sender } from "../requester/sender.js";
import { called } from "./called.js";
import { note, say, sayJson } from "./output.js";

/** What is about waiting, or about where a reply goes that somebody waits for. */
const aboutWaiting = ["timeout", "reply", "onTimeout", "many", "core", "stall", "maximum"];

export const noWaitOption = () =>
  new Option(
    "--no-wait",
    "print the handle as soon as the request is stored, and wait for nothing",
  ).conflicts(aboutWaiting);

/** The handle alone goes to stdout, so that a shell can keep it. */
export async function sendOnly(
  nc: NatsConnection,
  order: string,
  payload: string | Uint8Array,
  { name, id, json }: { name: string; id?: string; json?: boolean },
): Promise<void> {
  await using sender = await Sender.open(nc, { name });
  const handle = await sender.send(order, payload, id === undefined ? {} : { id });
  const { stream, sequence } = handle;
  const kept = formatHandle(handle);
  if (json) return sayJson({ outcome: "stored", stream, sequence, handle: kept });
  say(kept);
  note(
    `${stream} holds it as message ${sequence}; \`${called()} collect\` with this handle finds its reply.`,
  );
}
