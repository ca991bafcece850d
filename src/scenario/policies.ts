// Where `on_timeout` does not fit: a core request is nowhere to be taken from, and expiring needs a newer server.
import type { Cast } from "./cast.js";
import { type Path, quoted, type Report } from "./finding.js";

/** Those of the requesters; those of single requests are looked at where the timeline comes by (verbs/request.ts). */
export function policiesFit(cast: Cast, report: Report): void {
  for (const [requester, settings] of cast.requesters)
    if (settings)
      policyFits(settings.on_timeout, ["requesters", requester, "on_timeout"], requester, cast, report);
}

export function policyFits(policy: string, path: Path, requester: string, cast: Cast, report: Report): void {
  if (policy === "keep") return;
  if (cast.requesters.get(requester)?.reply === "core")
    report(path, `Expected ${quoted("keep")} for a requester with \`reply: core\`, got ${quoted(policy)}`, {
      hint: "a core request is stored nowhere: there is nothing to take back",
    });
  else if (policy === "expire" && !newEnough(cast.requiredServer))
    report(path, "Expected the scenario to require a server whose messages can expire", {
      hint: 'add `requires: { server: ">=2.11" }`',
    });
}

function newEnough(server: string): boolean {
  const [, major = 0, minor = 0] = /^>=\s*(\d+)\.(\d+)/.exec(server)?.map(Number) ?? [];
  return major > 2 || (major === 2 && minor >= 11);
}
