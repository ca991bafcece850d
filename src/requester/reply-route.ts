// How a reply finds its way back: what a requester listens on, and the address it puts on each request.
import { mailboxSubject, republishedSubject } from "../protocol/names.js";

export interface ReplyRoute {
  readonly strategy: "mailbox" | "inbox";
  /** The one subscription of a requester; a reply's last token is its request id. */
  readonly listen: string;
  /** Whether a reply is stored, so that one that was missed can still be read. */
  readonly stored: boolean;
  replyTo(id: string): string;
}

export function replyRoute(strategy: "mailbox" | "inbox", requester: string, inbox: string): ReplyRoute {
  return strategy === "inbox"
    ? { strategy, listen: `${inbox}.reply.*`, stored: false, replyTo: (id) => `${inbox}.reply.${id}` }
    : {
        strategy,
        listen: republishedSubject(requester, "*"),
        stored: true,
        replyTo: (id) => mailboxSubject(requester, id),
      };
}
