// Setup kept: a responder pulls, replies and acks. It deletes no messages, and adds or deletes no consumer of its queue.
import { count } from "../../common/plural.js";
import { ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const setupKept: Check = {
  promise: "A responder changes nothing of its queue but by replies and acks.",
  violated:
    "The link of an external responder shows a request to the JetStream API that purges or deletes a stream of the queue, " +
    "deletes one of its messages, deletes its consumer, or creates another consumer of its request stream. The permissions of a responder " +
    "([permissions](permissions.md)) refuse them all.",
  inconclusive: "There is no external responder.",
  judge: (history) => {
    const responders = new Set(
      ofType(history, "actor-started").flatMap(({ name, role }) => (role === "responder" ? [name] : [])),
    );
    const external = history.some(({ actor, source }) => source === "wire" && responders.has(actor));
    if (!external) return inconclusive("there is no external responder");
    const [first, ...more] = ofType(history, "setup-changed").filter(({ actor }) => responders.has(actor));
    if (!first) return held("no responder changed a stream or a consumer");
    const changes = count(more.length + 1, "change");
    return violated(`${changes} of the queue; the first: ${first.actor} requested ${callOf(first.subject)}`, []);
  },
};

/** `STREAM PURGE REPLIES` of `$JS.API.STREAM.PURGE.REPLIES`. */
const callOf = (subject: string) => subject.slice(subject.indexOf("API.") + 4).replaceAll(".", " ");
