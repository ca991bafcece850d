// Matchers: for `expect.extend(matchers)` of vitest or jest.
import { setTimeout as pause } from "node:timers/promises";
import { count } from "../common/plural.js";
import { standing } from "../history/judge.js";
import type { CheckResult, Expectation, Run } from "../history/result.js";
import { checkOptions } from "../protocol/check-options.js";
import { type Status, statuses } from "../protocol/events.js";
import { renderStory } from "../report/index.js";
import { formatHandle, type Handle, parseHandle } from "../requester/handle.js";
import { RequestTimeoutError } from "../requester/timeout.js";
import { Lab } from "./lab.js";
import { runScenario, type ScenarioRunOptions } from "./scenario.js";
import { LabStream, type StreamMessage } from "./stream.js";

// await expect(alice.request("order-sandwich")).toEndWith("ok", "🥪"): the status and the text of a reply.

interface RequestEnd {
  status: Status;
  text: string;
}

async function toEndWith(
  this: MatcherContext,
  received: unknown,
  status: Status,
  text?: string,
): Promise<MatcherResult> {
  const found = await outcome(received);
  const wanted = text === undefined ? status : inWords({ status, text });
  const not = this.isNot ? "not " : "";
  const message = () => `expected the request ${not}to end with ${wanted}, ${foundText(found)}`;
  if (found instanceof RequestTimeoutError) return { pass: false, message };
  return { pass: found.status === status && (text === undefined || found.text === text), message };
}

/** A time-out is a result; any other error of the request is thrown. */
async function outcome(received: unknown): Promise<RequestEnd | RequestTimeoutError> {
  try {
    const reply = await received;
    if (isRequestEnd(reply)) return reply;
    throw wrongType("toEndWith", "a request's reply or its promise", reply);
  } catch (error) {
    if (error instanceof RequestTimeoutError) return error;
    throw error;
  }
}

const isRequestEnd = (value: unknown): value is RequestEnd =>
  typeof value === "object" && value !== null && statuses.includes((value as RequestEnd).status);

const inWords = ({ status, text }: RequestEnd) => `${status} ${JSON.stringify(text)}`;

const foundText = (found: RequestEnd | RequestTimeoutError) =>
  found instanceof RequestTimeoutError
    ? `and it has not ended: ${found.message}`
    : `and it ended with ${inWords(found)}`;

// await expect(lab).toHaveNoStuckMessages(): every request in the queue can still be delivered.

async function toHaveNoStuckMessages(this: MatcherContext, received: unknown, within?: Within): Promise<MatcherResult> {
  const lab = requireLab("toHaveNoStuckMessages", received);
  const stream = lab.stream(lab.requestStream);
  const look = () => stream.stuck();
  const { stuck, remaining } = await pollUntil(this, look, (seen) => seen.stuck === 0, within);
  const held = await stream.messages(10);
  return {
    pass: stuck === 0,
    message: () =>
      this.isNot
        ? `expected ${stream.name} to have stuck messages, and all of its ${messages(remaining)} can still be delivered`
        : [
            `expected ${stream.name} to have no stuck messages, and ${stuck} of ${messages(remaining)} can no longer be delivered (max_deliver is reached):`,
            ...listed(held, remaining),
          ].join("\n"),
  };
}

// await expect(lab).toHaveRemaining(1): how many messages remain in REQUESTS, or in another stream.

const shownAtMost = 10;

async function toHaveRemaining(
  this: MatcherContext,
  received: unknown,
  expected: number,
  within?: Within,
): Promise<MatcherResult> {
  const stream = streamOf(received);
  const remaining = await pollUntil(
    this,
    () => stream.remaining(),
    (n) => n === expected,
    within,
  );
  const held = await stream.messages(shownAtMost);
  const wanted = `expected ${stream.name} ${this.isNot ? "not " : ""}to have ${messages(expected)} remaining`;
  const found = this.isNot ? "and it has" : `and it has ${remaining} after ${deadline(within)} ms`;
  return {
    pass: remaining === expected,
    message: () => [`${wanted}, ${found}${held.length > 0 ? ":" : ""}`, ...listed(held, remaining)].join("\n"),
  };
}

function streamOf(received: unknown): LabStream {
  if (received instanceof LabStream) return received;
  if (received instanceof Lab) return received.stream(received.requestStream);
  throw wrongType("toHaveRemaining", "a lab or a stream of it", received);
}

function listed(held: StreamMessage[], total: number): string[] {
  const lines = held.map((m) => `  message ${m.sequence}: ${m.subject}${m.request && ` (request ${m.request})`}`);
  return total > held.length && held.length > 0 ? [...lines, `  ... and ${total - held.length} more`] : lines;
}

// await expect(lab).toHaveReplyInMailbox(handle): whether the reply is stored, so that it can be collected.

async function toHaveReplyInMailbox(
  this: MatcherContext,
  received: unknown,
  given: Handle | string,
  within?: Within,
): Promise<MatcherResult> {
  const lab = requireLab("toHaveReplyInMailbox", received);
  const handle = typeof given === "string" ? parseHandle(given) : given;
  // A stored reply stays stored: with `.not` there is no reason to wait.
  const timeoutMs = this.isNot ? 0 : deadline(within);
  const reply = await lab.collect(handle, { timeoutMs });
  const { evidence } = await lab.locate(handle);
  const wanted = `the mailbox of ${handle.requester} ${this.isNot ? "not " : ""}to hold the reply to ${handle.request}`;
  const found = reply
    ? `and it holds ${reply.status} ${JSON.stringify(reply.text)}`
    : `and it is empty${waited(timeoutMs)}`;
  return {
    pass: reply !== undefined,
    message: () => `expected ${wanted}, ${found}: ${evidence} (handle ${formatHandle(handle)})`,
  };
}

const waited = (ms: number) => (ms > 0 ? ` after ${ms} ms` : "");

// await expect("scenarios/lunch.yaml").toHoldScenario(): runs a scenario, and lists what did not hold.

async function toHoldScenario(
  this: MatcherContext,
  received: unknown,
  options?: ScenarioRunOptions,
): Promise<MatcherResult> {
  const run = await runOf(await received, options);
  return { pass: run.result.verdict === "held", message: () => report(run, Boolean(this.isNot)) };
}

async function runOf(received: unknown, options?: ScenarioRunOptions): Promise<Run> {
  if (typeof received === "string") return runScenario(received, options);
  if (isRun(received)) return received;
  throw wrongType("toHoldScenario", "a scenario's name, file or text, or a run", received);
}

const isRun = (value: unknown): value is Run =>
  typeof value === "object" && value !== null && "result" in value && "events" in value;

function report({ result, events }: Run, isNot: boolean): string {
  const { scenario, verdict, reason, file } = result;
  const wanted = `expected scenario ${scenario} ${isNot ? "not " : ""}to hold, and it is ${verdict}`;
  const failed = [
    ...result.expectations.filter((e) => e.verdict !== "held").map((e) => expectation(e, file)),
    ...result.checks.filter((c) => standing(c) !== "held").map(check),
  ];
  return [
    `${wanted}${reason ? `: ${reason}` : ""}`,
    ...failed,
    `What happened:\n\n${renderStory(events)}`,
    `Its history: ${result.history}`,
  ].join("\n\n");
}

const value = (v: string | number | undefined) => (v === undefined ? "could not be read" : JSON.stringify(v));

const expectation = ({ path, line, expected, actual }: Expectation, file: string) =>
  indented(`${path} (${file}:${line})\n  expected: ${value(expected)}\n  actual:   ${value(actual)}`);

const check = ({ name, expected, verdict, detail }: CheckResult) =>
  indented(`check ${name}\n  expected: ${expected}\n  actual:   ${verdict} (${detail})`);

/** Every matcher by its name. @example expect.extend(matchers); */
export const matchers = {
  toEndWith,
  toHaveNoStuckMessages,
  toHaveRemaining,
  toHaveReplyInMailbox,
  toHoldScenario,
} satisfies { [Name in keyof KitMatchers]: unknown };

/** The matchers as they are on `expect(...)`. All are asynchronous: `await` them. */
export interface KitMatchers {
  /** On a request's promise or reply: it has this status and, if `text` is there, exactly this text. */
  toEndWith(status: Status, text?: string): Promise<void>;
  /** On a lab: every request in REQUESTS can still be delivered. */
  toHaveNoStuckMessages(within?: Within): Promise<void>;
  /** On a lab (its stream REQUESTS) or `lab.stream(name)`: this number of messages remains, now or within the time. */
  toHaveRemaining(count: number, within?: Within): Promise<void>;
  /** On a lab: the reply for this handle is stored, now or within the time. */
  toHaveReplyInMailbox(handle: Handle | string, within?: Within): Promise<void>;
  /** On a scenario's name, its file, its text, or a run: its verdict is held. */
  toHoldScenario(options?: ScenarioRunOptions): Promise<void>;
}

// Shared by the matchers: the types of vitest and jest, and a poll for a count that changes without an event.

interface MatcherContext {
  readonly isNot?: boolean;
}

/** The result of a matcher, as vitest and jest define it. */
export interface MatcherResult {
  pass: boolean;
  /** The text of the failure; it is made only if it is printed. */
  message: () => string;
}

/** How long a matcher waits. */
export interface Within {
  /** Milliseconds until the expectation has to hold. Default 2000; 0 reads once. */
  withinMs?: number;
}

const defaultMs = 2_000;
const pollMs = 20;

const deadline = (within: Within = {}) => checkOptions("the matcher", within, { withinMs: true }).withinMs ?? defaultMs;

/**
 * The last value of `look`: the first one that is wanted (with `.not`: not wanted), or the one at the deadline. The server sends no event
 * when an ack arrives, so this polls.
 */
async function pollUntil<T>(
  context: MatcherContext,
  look: () => Promise<T>,
  wanted: (seen: T) => boolean,
  within?: Within,
): Promise<T> {
  const until = performance.now() + deadline(within);
  for (;;) {
    const seen = await look();
    if (wanted(seen) !== Boolean(context.isNot) || performance.now() >= until) return seen;
    await pause(pollMs);
  }
}

/** @throws TypeError when the value has the wrong type for the matcher, also with `.not`. */
function requireLab(matcher: string, received: unknown): Lab {
  if (received instanceof Lab) return received;
  throw wrongType(matcher, "a lab", received);
}

const wrongType = (matcher: string, wanted: string, received: unknown) =>
  new TypeError(`Expected expect(...).${matcher}() to be given ${wanted}, got ${kindOf(received)}.`);

function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" ? `a ${value.constructor?.name ?? "object"}` : `a ${typeof value}`;
}

const messages = (n: number) => count(n, "message");

const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");
