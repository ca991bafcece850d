// Order kept: the requests of one requester are executed in the order in which the stream stored them.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { invocations } from "../operations.js";
import { ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const orderKept: Check = {
  promise: "The requests of one requester are executed in the order in which they were stored.",
  violated:
    "A handler ran to its end for a request before it did so for an earlier stored request of the same " +
    "requester. Each such pair is an inversion. Only the first execution of a request counts. For a " +
    "replayed request this is often the replay, which has a new place in the stream.",
  inconclusive: "No requester has two executed requests with known places in the stream.",
  judge: (history) => {
    const queues = executedByRequester(history).filter((queue) => queue.length > 1);
    if (queues.length === 0) return inconclusive("no requester has two executed requests to compare");
    const compared = queues.reduce((sum, queue) => sum + queue.length, 0);
    const found = queues.map((queue) => inversions(queue, (one) => one.sequence));
    const total = found.reduce((sum, { pairs }) => sum + pairs, 0);
    const requests = `${count(compared, "executed request")} of ${count(queues.length, "requester")}`;
    if (total === 0) return held(`${requests} in the order in which they were stored`);
    const overtaken = found.flatMap(({ overtaken }) => overtaken.map((one) => one.request));
    return violated(
      `${count(total, "inversion")} among ${requests}, ${overtaken.length} executed after a later one`,
      overtaken,
    );
  },
};

interface Executed {
  request: string;
  sequence: number;
}

/** Each requester's requests in the order of their first executions, each with its place in the stream then. */
function executedByRequester(history: readonly HistoryEvent[]): Executed[][] {
  const known = invocations(history);
  const queues = new Map<string, Executed[]>();
  for (const [request, place] of firstExecutions(history)) {
    const { requester, sequence = place } = known.get(request) ?? {};
    if (requester === undefined || sequence === undefined) continue;
    const queue = queues.get(requester) ?? [];
    queue.push({ request, sequence: place ?? sequence });
    queues.set(requester, queue);
  }
  return [...queues.values()];
}

/** By request, in their order: the place that was delivered to its responder, undefined where no delivery was recorded. */
function firstExecutions(history: readonly HistoryEvent[]): Map<string, number | undefined> {
  const places = new Map<string, number>();
  const first = new Map<string, number | undefined>();
  for (const event of ofType(history, "delivered", "executed")) {
    const { type, actor, request } = event;
    const key = JSON.stringify([actor, request]);
    if (type === "delivered") places.set(key, event.sequence);
    else if (!first.has(request)) first.set(request, places.get(key));
  }
  return first;
}

/**
 * How far a list is from being sorted. Equal keys are no inversion. O(n log n).
 * @returns the `pairs` in the wrong order (0 for a sorted list, n(n-1)/2 for a reversed one), and the members after a greater one.
 */
export function inversions<T>(list: readonly T[], keyOf: (member: T) => number) {
  let greatest = Number.NEGATIVE_INFINITY;
  const overtaken = list.filter((member) => {
    const late = keyOf(member) < greatest;
    greatest = Math.max(greatest, keyOf(member));
    return late;
  });
  return { pairs: overtaken.length === 0 ? 0 : pairsIn(list.map(keyOf)), overtaken };
}

/** By merging: whatever is taken from the right half was overtaken by all that is left of the left one. */
function pairsIn(keys: number[]): number {
  if (keys.length < 2) return 0;
  const left = keys.splice(0, keys.length >> 1);
  const right = keys.splice(0);
  let pairs = pairsIn(left) + pairsIn(right);
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const fromRight = i === left.length || (j < right.length && (right[j] as number) < (left[i] as number));
    if (fromRight) pairs += left.length - i;
    keys.push((fromRight ? right[j++] : left[i++]) as number);
  }
  return pairs;
}
