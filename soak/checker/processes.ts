// Processes: none hangs, and none ends by itself.
import type { Check } from "./finding.js";

/** Of a responder that cannot go on. */
const closedCode = 75;

const noHungProcess: Check = ({ lines }) =>
  lines.flatMap((line) =>
    line.e === "hung" ? [{ kind: "hung-process", text: `${line.process} did not ${line.doing}` }] : [],
  );

const noDeadProcess: Check = ({ lines, faults }) =>
  lines.flatMap((line) => {
    // Without its consumer a responder ends, as documented, and is started again.
    const orphaned = faults.some(
      ({ fault, from, to }) => fault === "recreate-consumer" && from <= line.t && to >= line.t,
    );
    if (line.e === "closed" && !orphaned) return [{ kind: "failed-process", text: `${line.by}: ${line.message}` }];
    if (line.e === "exit" && line.code === closedCode && orphaned) return [];
    if (line.e === "failed") return [{ kind: "failed-process", text: `${line.by}: ${line.message}` }];
    if (line.e !== "exit" || line.expected) return [];
    return [
      { kind: "failed-process", text: `${line.process} ended by itself (${line.signal ?? `code ${line.code}`})` },
    ];
  });

export const processes: Check[] = [noHungProcess, noDeadProcess];
