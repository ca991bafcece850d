// The checker: it reads the record of the processes and the streams, and nothing of the kit.
import type { Contents } from "../read-streams.js";
import type { Line } from "../record.js";
import type { Schedule } from "../schedule.js";
import { endings } from "./endings.js";
import type { Finding } from "./finding.js";
import { processes } from "./processes.js";
import { replies } from "./replies.js";
import { historyOf } from "./requests.js";

export function check(schedule: Schedule, lines: Line[], contents: Contents): Finding[] {
  const history = historyOf(schedule, lines, contents);
  return [...endings, ...replies, ...processes].flatMap((look) => look(history));
}
