// What `jsrr respond` prints of what its responder does.
import type { ResponderEvent } from "../history/event.js";

/** Undefined for what goes without saying. */
export function inWords(event: ResponderEvent): string | undefined {
  switch (event.type) {
    case "delivered": {
      const again = event.delivery > 1 ? `, delivery ${event.delivery}` : "";
      return `${event.request}  ${event.subject}, message ${event.sequence}${again}`;
    }
    case "replied": {
      const where =
        event.sequence === undefined
          ? `sent to ${event.to}`
          : `stored as message ${event.sequence} of REPLIES`;
      return `${event.request}  ${event.ending} ${event.payload}, ${where}`;
    }
    case "terminated":
      return `${event.request}  terminated: ${event.reason}`;
    case "already-answered":
      return `${event.request}  answered already (${event.ending})`;
    case "dead-lettered":
      return `${event.request}  dead letter: message ${event.sequence} of ${event.stream}: ${event.reason}`;
    case "called-off":
      return `${event.request}  ${event.ending}: ${event.begun ? "its handler stops" : "not begun"}`;
    case "returned":
      return `${event.request}  given back: ${event.reason}`;
    case "reply-refused":
      return `${event.request}  reply not stored: ${event.reason}`;
    case "drained":
      return "drained";
    default:
      return undefined;
  }
}
