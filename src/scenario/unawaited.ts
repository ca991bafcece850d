// What is never so of a request that nobody waits for (`send`), and what is so of nothing else.
import { type Path, quoted } from "./finding.js";
import type { World } from "./world.js";

const neverOfSent = ["timed-out", "received", "late-reply", "part-received"];

/** `word` is an outcome or an event of this request. One with an id may be sent in both ways: nothing is said of it. */
export function checkAwaited(
  alias: string,
  word: string,
  path: Path,
  world: World,
  at: "key" | "value" = "value",
): void {
  const by = world.sent.get(alias)?.by;
  if (by === "send" && neverOfSent.includes(word))
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
