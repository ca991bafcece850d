// What is never so of a request that nobody waits for (`send`), what is so of nothing else, and what is never so of one that was
// published by hand.
import { type Path, quoted } from "./finding.js";
import type { World } from "./world.js";

const ofCalls =
  "timed-out received late-reply part-received replies-ended ended no-responders puback puback-received";
const neverOfSent = ofCalls.split(" ");
/** No requester has it. */
const neverByHand = [
  ...neverOfSent,
  ..."requested stored refused turn-awaited turn-refused failed request-failed withdrawn".split(" "),
  ..."collected part-collected not-collected".split(" "),
];

/** `word` is an outcome or an event of this request. One with an id may be sent in several ways: nothing is said of it. */
export function checkAwaited(
  alias: string,
  word: string,
  path: Path,
  world: World,
  at: "key" | "value" = "value",
): void {
  const { by, byHand } = world.sent.get(alias) ?? {};
  const [kind = ""] = word.split(" ");
  if (byHand && world.ids.size === 0 && neverByHand.includes(kind))
    world.report(
      path,
      `Expected what can come of ${quoted(alias)}, got ${quoted(word)}: no requester has it`,
      {
        at,
        hint: `it is in the queue at \`${alias}.published-request\`; its outcome is what a responder replies`,
      },
    );
  if (by === "send" && neverOfSent.includes(kind))
    world.report(
      path,
      `Expected what can come of ${quoted(alias)}, got ${quoted(word)}: nobody waits for it`,
      {
        at,
        hint: "it is `stored`; later a `collect` finds its reply, and `whereabouts` where it is",
      },
    );
  if (by === "request" && word === "stored")
    world.report(
      path,
      `Expected an outcome that ${quoted(alias)} can have, got "stored": somebody waits for it`,
      {
        at,
        hint: `\`stored\` is what was sent with \`send\`; the event is \`after: ${alias}.stored\``,
      },
    );
}
