// What never comes of a request: of one that nobody waits for (`send`), that asks for one reply, or that was published by hand.
import { type Path, quoted } from "./finding.js";
import type { World } from "./world.js";

const ofSeveral = ["part-received", "replies-ended", "ended"];
const neverOfSent = [
  ...ofSeveral,
  ..."timed-out received late-reply no-responders puback puback-received".split(" "),
];
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
  const { why, hint } = never(alias, word.split(" ")[0] ?? "", world) ?? {};
  if (why !== undefined)
    world.report(path, `Expected what can come of ${quoted(alias)}, got ${quoted(word)}: ${why}`, {
      at,
      hint,
    });
}

function never(alias: string, word: string, world: World): { why: string; hint: string } | undefined {
  const { by, byHand, several } = world.sent.get(alias) ?? {};
  if (byHand && world.ids.size === 0 && neverByHand.includes(word))
    return {
      why: "no requester has it",
      hint: `it is in the queue at \`${alias}.published-request\`; its outcome is what a responder replies`,
    };
  if (by === "send" && neverOfSent.includes(word))
    return {
      why: "nobody waits for it",
      hint: "it is `stored`; later a `collect` finds its reply, and `whereabouts` where it is",
    };
  if (by === "request" && word === "stored")
    return {
      why: "somebody waits for it",
      hint: `\`stored\` is what was sent with \`send\`; the event is \`after: ${alias}.stored\``,
    };
  if (by === "request" && !several && ofSeveral.includes(word))
    return {
      why: "it asks for one reply",
      hint: "add `many: true` to the request",
    };
  return undefined;
}
