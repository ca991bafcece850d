// Who and what a story is about: the names of requests and streams, learned from the events as they come.
import type { HistoryEvent } from "../history/event.js";
import { isNamed } from "../history/select.js";
import { plain } from "./text-layout.js";

export class Cast {
  /** The request stream's name as the events tell it; until then what it is. */
  requestStream = "the work queue";
  readonly #names = new Map<string, string>();
  readonly #executions = new Map<string, number>();
  readonly #crashed = new Set<string>();

  learn(event: HistoryEvent): void {
    if (isNamed(event)) this.#names.set(event.request, event.as);
    // Whoever handles it has no id to go by: it is named by its place in the stream.
    if (event.type === "puback-received")
      this.#names.set(`${event.stream}:${event.sequence}`, this.name(event));
    if (event.type === "stored" || event.type === "published-request" || event.type === "requests-read")
      this.requestStream = plain(event.stream);
    if (event.type === "executed") this.#executions.set(event.request, this.executions(event) + 1);
    if (event.type === "actor-crashed") this.#crashed.add(event.name);
    if (event.type === "actor-started") this.#crashed.delete(event.name);
  }

  /** The scenario's name for a request, else its id. */
  name({ request }: { request: string }): string {
    return plain(this.#names.get(request) ?? request);
  }

  /** How often a request was executed so far. */
  executions({ request }: { request: string }): number {
    return this.#executions.get(request) ?? 0;
  }

  /** Whether an actor was killed and not started again. */
  crashed(actor: string): boolean {
    return this.#crashed.has(actor);
  }
}
