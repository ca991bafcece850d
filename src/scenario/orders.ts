// Orders without a handler: a misspelt order is rejected at run time, so that the file has to say that it means one.
import { didYouMean } from "../common/did-you-mean.js";
import { parseAnchor } from "./anchor.js";
import { type Path, quoted, type Report } from "./diagnostic.js";
import { parseMetric, type Wanted } from "./expectation.js";
import type { PartialScenario } from "./partial-scenario.js";
import { queueOfMessage } from "./queues.js";
import type { StepFile } from "./schema.js";
import { defaultMenu } from "./schema-actors.js";
import type { ExpectationsFile } from "./steps/expect.js";

/**
 * Reports each order that no responder of its queue has a handler for, unless an expectation of its request says `rejected`, or
 * something in the file is about its event `terminated`. A queue without responders, with an external one, or a file with
 * a service on `requests.` has none to compare with.
 */
export function validateOrders(parts: PartialScenario, report: Report): void {
  const served = new Map(parts.queues.map(({ queue }) => [queue, ordersServed(parts, queue)]));
  const steps = parts.steps.flatMap(({ step }, i) => (step ? withInner(step, ["timeline", i]) : []));
  const meant = meantWithoutHandler(steps, parts.thresholds);
  const reported = new Set<string>();
  for (const { step, path } of steps)
    for (const { as, order, queue, at } of ordersIn(step, parts)) {
      const known = served.get(queue);
      if (known === undefined || known.has(order) || (as !== undefined && meant.has(as))) continue;
      const place: Path = [...path, ...at.path];
      if (reported.size === reported.add(`${place}`).size) continue;
      const hint = [didYouMean(order, known, "orders with a handler"), ...(as ? [how(as)] : [])].filter(Boolean);
      report(place, `Expected an order that a responder has a handler for, got ${quoted(order)}`, {
        at: at.key,
        hint: hint.join("\n"),
      });
    }
}

const how = (as: string) => `if no handler is meant: expect \`${as}: rejected\`, or \`events.${as}.terminated: 1\``;

/** Undefined if that is not known. */
function ordersServed(parts: PartialScenario, queue: string | undefined): Set<string> | undefined {
  const { responders, services } = parts;
  const every = [...responders.values()];
  const all = every.filter((responder) => (responder?.queue ?? parts.queue) === queue);
  if (all.length === 0 || every.includes(undefined) || all.some((one) => one?.kind === "external")) return undefined;
  const listens = [...services.values()].some((service) => !service || /^(requests|\*|>)/.test(service.subject));
  if (listens) return undefined;
  return new Set(all.flatMap((responder) => Object.keys(responder?.menu ?? defaultMenu)));
}

interface Placed {
  step: StepFile;
  path: Path;
}

function withInner(step: StepFile, path: Path): Placed[] {
  const { together = [], repeat } = step as { together?: StepFile[]; repeat?: { steps: StepFile[] } };
  const inner = (steps: readonly StepFile[], at: Path) => steps.flatMap((one, i) => withInner(one, [...at, i]));
  return [
    { step, path },
    ...inner(together, [...path, "together"]),
    ...inner(repeat?.steps ?? [], [...path, "repeat", "steps"]),
  ];
}

interface Ordered {
  as: string | undefined;
  order: string;
  queue: string | undefined;
  at: { path: Path; key: "key" | "value" };
}

function ordersIn({ request, send, publish }: StepFile, parts: PartialScenario): Ordered[] {
  const sent = (kind: "request" | "send", file: StepFile["request"] | StepFile["send"]) => {
    if (file === undefined) return [];
    const queue = parts.requesters.get(file.from)?.queue ?? parts.queue;
    const one: Ordered[] =
      file.order === undefined
        ? []
        : [{ as: file.as, order: file.order, queue, at: { path: [kind, "order"], key: "value" } }];
    const many = Object.keys(file.orders ?? {}).map(
      (order): Ordered => ({ as: file.as, order, queue, at: { path: [kind, "orders", order], key: "key" } }),
    );
    return [...one, ...many];
  };
  const { subject = "" } = publish ?? {};
  const names = queueOfMessage(subject, parts.queues);
  const byHand = names?.isRequest(subject) ? names : undefined;
  return [
    ...sent("request", request),
    ...sent("send", send),
    ...(byHand === undefined
      ? []
      : [
          {
            as: publish?.as,
            order: byHand.belowRequests(subject),
            queue: byHand.queue,
            at: { path: ["publish", "subject"], key: "value" as const },
          },
        ]),
  ];
}

/** The requests that the file expects to have no handler. */
function meantWithoutHandler(steps: readonly Placed[], thresholds: ExpectationsFile | undefined): Set<string> {
  const meant = new Set<string>();
  const learn = (all: ExpectationsFile = {}) => {
    for (const [path, wanted] of Object.entries(all)) {
      const metric = parseMetric(path);
      if (metric?.kind === "events" && metric.field === "terminated") meant.add(metric.of);
      if (metric?.kind === "outcome" && words(wanted).some((word) => /^rejected\b/.test(word))) meant.add(metric.of);
    }
  };
  learn(thresholds);
  for (const { step } of steps) {
    learn(step.expect);
    learn(step.eventually);
    const anchor = step.after === undefined ? undefined : parseAnchor(step.after);
    if (anchor?.event === "terminated") meant.add(anchor.of);
  }
  return meant;
}

function words(wanted: Wanted): readonly string[] {
  if (typeof wanted === "object") return Array.isArray(wanted) ? (wanted as string[]) : Object.keys(wanted);
  return [String(wanted)];
}
