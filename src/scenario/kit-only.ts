// Options that only the kit's own responder has, and how they fit together.

import { toMs } from "../time/duration.js";
import type { Cast } from "./cast.js";
import type { Report } from "./finding.js";
import { kitKeys, mostPause } from "./kit-options.js";

export function kitOptionsOfTheKits({ responders }: Cast, report: Report): void {
  for (const [name, responder] of responders) {
    if (responder?.kind !== "plain") continue;
    for (const key of Object.keys(kitKeys) as (keyof typeof kitKeys)[])
      if (responder[key] !== undefined)
        report(
          ["responders", name, key],
          `Expected no \`${key}\`: a responder with \`kind: plain\` has none`,
          {
            at: "key",
          },
        );
  }
}

/** A first pause that is longer than the longest one would be cut down to it, and nobody told. */
export function pausesFit({ responders }: Cast, report: Report): void {
  for (const [name, responder] of responders) {
    const { first, most = mostPause } = responder?.retry ?? {};
    if (first === undefined || toMs(first) <= toMs(most)) continue;
    const longest = `the longest pause (\`most: ${most}\`${responder?.retry?.most ? "" : ", the default"})`;
    report(["responders", name, "retry", "first"], `Expected at most ${longest}, got "${first}"`);
  }
}
