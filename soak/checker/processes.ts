// Processes: none hangs, and none ends by itself.
import type { Check } from "./finding.js";

const noHungProcess: Check = ({ lines }) =>
  lines.flatMap((line) =>
    line.e === "hung" ? [{ kind: "hung-process", text: `${line.process} did not ${line.doing}` }] : [],
  );

const noDeadProcess: Check = ({ lines }) =>
  lines.flatMap((line) => {
    if (line.e === "failed") return [{ kind: "failed-process", text: `${line.by}: ${line.message}` }];
    if (line.e !== "exit" || line.expected) return [];
    return [
      { kind: "failed-process", text: `${line.process} ended by itself (${line.signal ?? `code ${line.code}`})` },
    ];
  });

export const processes: Check[] = [noHungProcess, noDeadProcess];
