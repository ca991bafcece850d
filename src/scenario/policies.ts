// Where `on_timeout` does not fit: a core request is nowhere to be taken from, and expiring needs a newer server.
import type { Draft } from "./draft.js";
import { type Path, quoted, type Report } from "./finding.js";

interface Used {
  path: Path;
  policy: string;
  requester: string;
}

export function policiesFit(draft: Draft, data: unknown, report: Report): void {
  const server = serverOf(data);
  for (const { path, policy, requester } of used(draft)) {
    if (policy === "keep") continue;
    if (draft.requesters.get(requester)?.reply === "core")
      report(path, `Expected ${quoted("keep")} for a requester with \`reply: core\`, got ${quoted(policy)}`, {
        hint: "a core request is stored nowhere: there is nothing to take back",
      });
    else if (policy === "expire" && !newEnough(server))
      report(path, "Expected the scenario to require a server whose messages can expire", {
        hint: 'add `requires: { server: ">=2.11" }`',
      });
  }
}

function used({ requesters, steps }: Draft): Used[] {
  const own = [...requesters].flatMap(([requester, settings]): Used[] =>
    settings
      ? [{ path: ["requesters", requester, "on_timeout"], policy: settings.on_timeout, requester }]
      : [],
  );
  const single = steps.flatMap(({ step }, i): Used[] => {
    const { from, on_timeout: policy } = step?.request ?? {};
    return from && policy
      ? [{ path: ["timeline", i, "request", "on_timeout"], policy, requester: from }]
      : [];
  });
  return [...own, ...single];
}

/** As the file has it; whether it is a version is checked elsewhere. */
function serverOf(data: unknown): string {
  const { requires } = (data ?? {}) as { requires?: { server?: unknown } | null };
  return String(requires?.server ?? "");
}

function newEnough(server: string): boolean {
  const [, major = 0, minor = 0] = /^>=\s*(\d+)\.(\d+)/.exec(server)?.map(Number) ?? [];
  return major > 2 || (major === 2 && minor >= 11);
}
