// The summary of a run for a person at a terminal: what was asked, what came of it, and whether it held.

import { countsText } from "../history/count-words.js";
import { wasRandom } from "../history/randomness.js";
import type { Run } from "../history/result.js";
import { count, requestsLeft, storedReplies } from "../history/select.js";
import { latencyLines } from "./latency.js";
import { type Item, layout } from "./layout.js";
import { type StoryOptions, tellBriefly } from "./story.js";
import { checkItems } from "./terminal-checks.js";
import { requestItems } from "./terminal-requests.js";
import { expectationItem, marked } from "./terminal-verdicts.js";
import { listed, plain, prose, seconds } from "./text.js";

export interface TerminalOptions extends StoryOptions {
  /** Tell the story first: for a history that nobody watched live. */
  story?: boolean;
}

export function terminal(run: Run, options: TerminalOptions = {}): string {
  const { result } = run;
  const { server } = result;
  const summary = layout(
    [
      [
        ["Scenario", texts(result.scenario)],
        ["Question", texts(result.question)],
      ],
      [["Requests", requestItems(run, (options.width ?? 80) - 10)]],
      [["Expected", result.expectations.map((expectation) => expectationItem(expectation, result.file))]],
      [["Checks", result.checks.flatMap((check) => checkItems(check, run))]],
      [
        ["Counts", texts(countsText(result.counts))],
        ["Latency", latencyLines(result).map((text) => ({ text }))],
        ["Left", texts(leftLine(run))],
        ["Seed", texts(wasRandom(run.events) ? `${result.seed}; --seed ${result.seed} plays it again` : "")],
        ["Server", texts(`nats-server ${server.version}, from ${server.origin}`)],
        ["History", [{ text: plain(result.history, Number.POSITIVE_INFINITY), whole: true }]],
      ],
      [
        ["Answer", texts(result.verdict === "held" ? result.answer : "")],
        ["Verdict", [verdictItem(run)]],
      ],
    ],
    options,
  );
  return options.story ? `${tellBriefly(run.events, options)}\n${summary}` : summary;
}

function texts(text: string): Item[] {
  return text === "" ? [] : [{ text: prose(text) }];
}

/** What reading the streams found at the end. */
function leftLine({ events }: Run): string {
  const requests = requestsLeft(events).map(
    (reading) => `${count(reading.requests.length, "request")} in ${plain(reading.stream)}`,
  );
  const replies = storedReplies(events);
  const stored = replies === undefined ? [] : [`${count(replies.length, "reply", "replies")} stored`];
  return listed([...requests, ...stored]);
}

function verdictItem({ result, failure }: Run): Item {
  const { verdict, reason, durationMs } = result;
  if (failure !== undefined) return marked("violated", `none: the run failed: ${prose(failure)}`);
  const why = reason === undefined ? "" : `: ${prose(reason).replace(/\.$/, "")}`;
  return marked(verdict, `${verdict} after ${seconds(durationMs)}${why}`);
}
