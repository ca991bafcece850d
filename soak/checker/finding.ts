// A finding: one thing in the history of a schedule that may not be.
import type { History, RequestFacts } from "./requests.js";

export interface Finding {
  kind: string;
  /** The request; absent if it is about a process. */
  id?: string;
  text: string;
}

export type Check = (history: History) => Finding[];

/** A check that looks at each request by itself. */
export const ofEachRequest =
  (kind: string, look: (request: RequestFacts, history: History) => (string | false | undefined)[]): Check =>
  (history) =>
    history.requests.flatMap((request) =>
      look(request, history).flatMap((text) => (text ? [{ kind, id: request.id, text }] : [])),
    );
