// Options that only the kit's own responder has.
import type { Cast } from "./cast.js";
import type { Report } from "./finding.js";
import { kitKeys } from "./kit-options.js";

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
