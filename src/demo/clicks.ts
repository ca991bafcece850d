// Clicks of the demo page: each is a step of a scenario, so that a session can be copied as a scenario file or a test.
import { stringify } from "yaml";
import { z } from "zod";
import { requesters, responders, slowWork, timeoutMs, unmatchedOrder } from "./messages.js";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/);
const fault = z.enum(["kill-server", "pause-server", "cut", "latency"]);
const responder = z.enum(responders);
const requester = z.enum(Object.values(requesters) as [string, ...string[]]);

export const click = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("request"),
    from: requester,
    /** The request's name, or that of all requests of a load. */
    as: name,
    order: name,
    payload: z.string().max(200),
    count: z.int().min(1).max(1_000),
  }),
  z.strictObject({
    kind: z.enum(["start", "stop", "crash", "pause", "resume"]),
    actor: z.union([responder, requester]),
  }),
  z.strictObject({ kind: z.literal("collect"), request: name, by: requester }),
  z.strictObject({ kind: z.literal("restart") }),
  z.strictObject({ kind: z.literal("inject"), fault, delayMs: z.int().min(1).max(5_000).default(100) }),
  z.strictObject({ kind: z.literal("heal"), fault }),
]);

export type Click = z.input<typeof click>;

/** A click, and what was to be seen on the page at that moment. */
export interface RecordedClick {
  click: Click;
  /** Milliseconds since the first click. */
  atMs: number;
  /** The outcomes that came since the click before. */
  seen?: Outcomes;
  /** A responder had these requests: name, and the number of deliveries so far. */
  delivered?: { as: string; count: number };
}

/** What becomes of requests: each name with its outcome, or with the number of each. */
export type Outcomes = Record<string, string | Record<string, number>>;

/** A request, or all requests of a load. */
export const hasTimedOut = (outcome: Outcomes[string]): boolean =>
  (typeof outcome === "string" ? [outcome] : Object.keys(outcome)).every((word) => word === "timed-out");

/** The page needed less: a slower machine has the time. */
const longWait = "30s";

type YamlStep = Record<string, unknown>;

interface CopyContext {
  /** The requesters of the tab. */
  tab: readonly string[];
  /** Requests that time out in the copy. */
  timedOut: ReadonlySet<string>;
  /** Requests whose reply this click or a later one collects: the scenario has it after that step only. */
  toCollect: ReadonlySet<string>;
}

/** The faults of the link are of the tab's, which has one connection for each of its requesters. */
function stepsOf(click: Click, { tab, timedOut }: CopyContext): YamlStep[] {
  const links = tab.map((actor) => [actor, "server"]);
  switch (click.kind) {
    case "request": {
      const { from, as, order, payload, count } = click;
      const given = { ...(payload && { payload }), ...(count > 1 && { count }) };
      return [{ request: { from, as, order, ...given, ...(timedOut.has(as) && { timeout: `${timeoutMs}ms` }) } }];
    }
    case "collect":
      return [{ collect: { request: click.request, by: click.by, timeout: longWait } }];
    case "restart":
      return [{ restart: "server" }];
    case "inject":
      if (click.fault === "latency")
        return links.map((between) => ({ inject: { latency: { between, delay: `${click.delayMs ?? 100}ms` } } }));
      if (click.fault === "cut") return links.map((between) => ({ inject: { cut: { between } } }));
      return [{ inject: { [click.fault]: {} } }];
    case "heal":
      return [{ heal: click.fault }];
    default:
      return [{ [click.kind]: click.actor }];
  }
}

/** The user saw something, and then clicked: a slower machine waits for the same. */
function timed({ click, atMs, seen = {}, delivered }: RecordedClick, context: CopyContext): YamlStep[] {
  const { timedOut, toCollect } = context;
  const [first, ...others] = stepsOf(click, context);
  const when = delivered
    ? { after: `${delivered.as}.delivered${delivered.count > 1 ? `#${delivered.count}` : ""}` }
    : { at: `${Math.max(1, atMs)}ms` };
  const before = Object.entries(seen).filter(([as, outcome]) =>
    hasTimedOut(outcome) ? timedOut.has(as) : !toCollect.has(as),
  );
  const waits = before.length > 0 ? [eventually(Object.fromEntries(before))] : [];
  return [...waits, { ...when, ...first }, ...others];
}

/** A scenario has to say that an order without a handler is meant; the outcome may not be known yet. */
function unmatched(clicks: readonly RecordedClick[]): YamlStep[] {
  const names = clicks.flatMap(({ click }) =>
    click.kind === "request" && click.order === unmatchedOrder ? click.as : [],
  );
  if (names.length === 0) return [];
  return [{ expect: Object.fromEntries(names.map((as) => [`events.${as}.terminated`, ">= 0"])) }];
}

const eventually = (outcomes: Outcomes): YamlStep => ({ within: longWait, eventually: outcomes });

/** What became of the requests of a session. */
export interface SessionEnd {
  /** Of the requests that are not open any more. */
  outcomes?: Outcomes;
  /** Requests that time out in the copy, whatever came later. */
  timedOut?: ReadonlySet<string>;
}

/**
 * The session as a scenario file. Its last step waits until every request has the outcome that it has in the session.
 * A request that timed out does so again. Each other one has more time, because a slower machine may run the scenario.
 */
export function scenarioText(
  clicks: readonly RecordedClick[],
  { outcomes = {}, timedOut = new Set() }: SessionEnd = {},
): string {
  const certain = Object.entries(outcomes).filter(([as, outcome]) => !hasTimedOut(outcome) || timedOut.has(as));
  const used = (name: string) => clicks.some(({ click }) => Object.values<unknown>(click).includes(name));
  const tab = Object.entries(requesters).filter(([, name], n) => n === 0 || used(name));
  const tabNames = tab.map(([, name]) => name);
  const toCollect = (n: number) =>
    new Set(clicks.slice(n).flatMap(({ click }) => (click.kind === "collect" ? click.request : [])));
  const online = { online: false };
  const scenario = {
    scenario: "demo",
    question: "What becomes of these requests?",
    answer: "The page showed it: the last step has the outcome of each request.",
    setup: { ack_wait: "2s" },
    requesters: Object.fromEntries(tab.map(([reply, name]) => [name, { reply, timeout: longWait }])),
    responders: Object.fromEntries(
      responders
        .filter((name, n) => n === 0 || used(name))
        .map((name) => [name, name.startsWith("slow-") ? { ...online, work: slowWork } : online]),
    ),
    timeline: [
      ...(clicks.length === 0
        ? [{ wait: "1ms" }]
        : clicks.flatMap((click, n) => timed(click, { tab: tabNames, timedOut, toCollect: toCollect(n) }))),
      ...(certain.length > 0 ? [eventually(Object.fromEntries(certain))] : []),
      ...unmatched(clicks),
    ],
    // An inbox loses replies: how many is in the outcomes.
    check: [...(used(requesters.inbox) ? [] : ["no-lost-replies"]), "no-phantom-replies", "no-duplicate-replies"],
  };
  return stringify(scenario, { flowCollectionPadding: true });
}

/** The session as a test. */
export const testText = (yaml: string): string => `import { runScenario } from "jetstream-request-reply-kit/testing";
import { expect, test } from "vitest";

const scenario = \`
${yaml.replace(/[\\`$]/g, "\\$&")}\`;

test("the requests of the demo end as they did on the page", { timeout: 60_000 }, async () => {
  const { result } = await runScenario(scenario);
  expect(result.verdict).toBe("held");
});
`;
