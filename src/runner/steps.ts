// How each kind of step is carried out. One function per kind; the registry has no other logic.
import type { Expectation } from "../history/result.js";
import type { Handle } from "../requester/handle.js";
import type { Action, StepTiming } from "../scenario/model.js";
import { isRequest, judgeExpectation } from "./expectations.js";
import type { Lab } from "./lab.js";

type Kind = Action["kind"];
type ActionOf<K, A = Action> = A extends { kind: Kind } ? (K extends A["kind"] ? A : never) : never;
type StepOf<K extends Kind> = StepTiming & ActionOf<K>;
/** Resolves with what was expected, judged, or with nothing. */
type Perform<K extends Kind> = (lab: Lab, step: StepOf<K>) => Promise<Expectation[] | undefined>;

/** Over its own time-out, a requester gets this long to look where its request is. */
const settleMs = 5_000;
/** Counts on a server change without an event that would say so. */
const pollMs = 20;

export const performers: { [K in Kind]: Perform<K> } = {
  request: async (lab, { from, as, order, subject, payload, id, timeoutMs, onTimeout }) => {
    const where = order === undefined ? { subject: subject as string } : { order };
    const own = {
      ...(id === undefined ? {} : { id }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(onTimeout === undefined ? {} : { onTimeout }),
    };
    return nothing(lab.actor(from).perform({ do: "request", as, payload, ...where, ...own }));
  },
  collect: async (lab, { request, by, timeoutMs = 0 }) => {
    return nothing(lab.actor(by).perform({ do: "collect", handle: handleOf(lab, request), timeoutMs }));
  },
  cancel: async (lab, { request, by }) => {
    return nothing(lab.actor(by).perform({ do: "cancel", handle: handleOf(lab, request) }));
  },
  start: (lab, { actor }) => nothing(lab.startActor(actor)),
  stop: (lab, { actor }) => nothing(lab.stopActor(actor)),
  crash: (lab, { actor }) => nothing(lab.crashActor(actor)),
  restart: (lab) => nothing(lab.restartServer()),
  wait: (lab, { ms }) => nothing(lab.history.until(() => false, ms, lab.signal)),
  expect: async (lab, { expectations }) => {
    for (const { path } of expectations) if (isRequest(path)) await settled(lab, path);
    return Promise.all(expectations.map((expected) => judgeExpectation(lab, expected)));
  },
  eventually: async (lab, { expectations, withinMs }) => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const judged = await Promise.all(expectations.map((expected) => judgeExpectation(lab, expected)));
      const left = deadline - performance.now();
      if (judged.every((e) => e.verdict === "held") || left <= 0) return judged;
      await lab.history.nextEvent(Math.min(pollMs, left), lab.signal);
    }
  },
};

const nothing = (done: Promise<unknown>) => done.then(() => undefined);

/** A request settles by itself: its own time-out bounds the wait. */
async function settled(lab: Lab, alias: string): Promise<void> {
  const { outcomes, events } = lab.history;
  const request = outcomes.requestsByAlias.get(alias) ?? "";
  const asked = events.find((event) => event.type === "requested" && event.request === request);
  const timeoutMs = asked?.type === "requested" ? asked.timeoutMs : 0;
  await lab.history.until(() => outcomes.settled(request), timeoutMs + settleMs, lab.signal);
}

/** What the requester would have kept: put together from its own events. */
function handleOf(lab: Lab, alias: string): Handle {
  const request = lab.history.outcomes.requestsByAlias.get(alias) ?? "";
  const handle: Handle = { requester: "", request, stream: "REQUESTS", sequence: 0 };
  for (const event of lab.history.events) {
    if (event.type === "requested" && event.request === request) {
      handle.requester = event.actor;
      const { strategy } = event;
      if (strategy === "kv" || strategy === "shared") handle.store = strategy;
    }
    if (event.type === "stored" && event.request === request) handle.sequence = event.sequence;
  }
  return handle;
}
