// The result as TAP, version 14 (https://testanything.org/tap-version-14-specification.html).
import type { Run } from "../history/result.js";
import { type Finding, findings } from "./findings.js";
import { plain, prose } from "./text-layout.js";

/**
 * Each expectation and each check is a test point. `unknown` is `not ok`, because what is skipped counts as passed. A
 * known loss that showed itself is `not ok # TODO`, TAP's word for what is expected to fail and does no harm.
 */
export function tap(run: Run): string {
  const { result } = run;
  const points = findings(run);
  const plan =
    points.length === 0 ? "1..0 # SKIP the scenario expects and checks nothing" : `1..${points.length}`;
  const lines = [
    "TAP version 14",
    plan,
    `# ${plain(result.scenario)}: ${prose(result.question)}`,
    `# nats-server ${plain(result.server.version)}, from ${plain(result.server.origin)}`,
    ...points.flatMap(point),
    `# ${run.failure === undefined ? result.verdict : "the run failed"}${result.reason === undefined ? "" : `: ${prose(result.reason)}`}`,
  ];
  return `${lines.join("\n")}\n`;
}

function point(finding: Finding, i: number): string[] {
  const ok = finding.verdict === "held" && !finding.knownLoss;
  const directive = finding.knownLoss ? " # TODO a known loss, which the scenario expects" : "";
  const head = `${ok ? "ok" : "not ok"} ${i + 1} - ${escaped(finding.title)}${directive}`;
  return ok ? [head] : [head, ...diagnostics(finding)];
}

/** A backslash and a `#` would end the description, or begin a directive. */
const escaped = (text: string) => text.replace(/[\\#]/g, "\\$&");

/** A JSON text is a YAML scalar: whatever it holds stays on its line. */
function diagnostics({ verdict, detail, expected, actual, place }: Finding): string[] {
  const block = {
    message: detail,
    severity: verdict,
    expected,
    ...(actual === undefined ? {} : { actual }),
    at: place,
  };
  return [
    "  ---",
    ...Object.entries(block).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "  ...",
  ];
}
