// Run names: what a run's requests and streams are called.
import type { HistoryEvent } from "../history/event.js";
import { isNamed } from "../history/select.js";
import { queueOfSubject } from "../protocol/queue-names.js";
import { plain } from "./text-layout.js";

/** Names learned from the events as they come: a live story knows no more. */
export class RunNames {
  /** The request stream's name; a description of it until an event names it. */
  #requestStream = "the work queue";
  readonly #streams = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #executions = new Map<string, number>();
  readonly #crashed = new Set<string>();
  readonly #nameOf: (event: { request: string; as: string }) => string;

  /** @param nameOf tells requests apart that have one name in the scenario. */
  constructor(nameOf: (event: { request: string; as: string }) => string = ({ as }) => as) {
    this.#nameOf = nameOf;
  }

  learn(event: HistoryEvent): void {
    if (isNamed(event)) this.#names.set(event.request, plain(this.#nameOf(event)));
    // A responder of a plain request sees no id: it names the request by its place in the stream.
    if (event.type === "puback-received") this.#names.set(`${event.stream}:${event.sequence}`, this.name(event));
    if (event.type === "stored" || event.type === "published-request" || event.type === "requests-read") {
      this.#requestStream = plain(event.stream);
      if (event.type !== "requests-read") this.#streams.set(event.request, this.#requestStream);
    }
    if (event.type === "executed") this.#executions.set(event.request, this.executions(event) + 1);
    if (event.type === "actor-crashed") this.#crashed.add(event.name);
    if (event.type === "actor-started") this.#crashed.delete(event.name);
  }

  /** The scenario's name for a request, else its id. */
  name({ request }: { request: string }): string {
    return this.#names.get(request) ?? plain(request);
  }

  /** The stream of a request. */
  requestStreamOf({ request }: { request: string }): string {
    return this.#streams.get(request) ?? this.#requestStream;
  }

  executions({ request }: { request: string }): number {
    return this.#executions.get(request) ?? 0;
  }

  /** Whether an actor was killed and not started again. */
  crashed(actor: string): boolean {
    return this.#crashed.has(actor);
  }
}

/** The order of a subject below the `requests.` of its queue, or the whole subject of a request that is no order. */
export const orderOf = ({ subject }: { subject: string }, longest?: number) =>
  plain(queueOfSubject(subject) ? subject.replace(/^(.*?\.)??requests\./, "") : subject, longest);
