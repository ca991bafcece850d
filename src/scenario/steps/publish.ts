// Step `publish`: the laboratory publishes a message, as any client can.
import { z } from "zod";
import { quoted } from "../diagnostic.js";
import { name, subject, text } from "../fields.js";
import { queueOfMessage } from "../queues.js";
import { addSent } from "../timeline-state.js";
import { defineStep } from "./step.js";

const headerText = "a header's name, like Reply-To";

const headerName = z.string(headerText).regex(/^[!-9;-~]{1,128}$/, { error: headerText, abort: true });

const headerValue = z.string("a text").regex(/^[^\r\n]*$/, "a text of one line");

export const publish = defineStep({
  schema: z
    .strictObject(
      {
        subject: subject.describe(
          "The subject, e.g. `requests.order-sandwich`, or a mailbox: `replies.alice.lunch-1`.",
        ),
        as: name
          .optional()
          .describe("For a request: its name in the rest of the file. Its outcome is the reply of a responder."),
        headers: z
          .record(headerName, headerValue, "a mapping like { Reply-To: replies.alice.lunch-1 }")
          .default({})
          .describe("The headers of the message, such as the id and the reply address of a request, in any dialect."),
        payload: text.default("").describe("The payload of the message."),
      },
      "a mapping like { subject: requests.order-sandwich, as: lunch, headers: { Reply-To: replies.zoe.1 } }",
    )
    .describe(
      "The laboratory publishes a message with any headers: a request in another dialect, a request with a bad reply " +
        "address, or a forged reply. The PubAck, or the error, is an event.",
    ),
  validate(file, path, state) {
    if (state.parts.setup === "none" && state.parts.streams.size === 0)
      state.report([...path, "subject"], "Expected streams to publish to, but the file says `setup: none`");
    if (file.as === undefined) return;
    addSent(file.as, { byHand: true }, path, state);
    if (!queueOfMessage(file.subject, state.parts.queues)?.isRequest(file.subject))
      state.report(
        [...path, "as"],
        `Expected a name only for a request (\`requests.<order>\`), got one for ${quoted(file.subject)}`,
        { at: "key" },
      );
  },
  build: (file) => ({ kind: "publish", ...file }),
});
