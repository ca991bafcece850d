// Right address: a reply is stored in the mailbox of the request that it answers, and received by a requester that asked.
import { count } from "../../common/plural.js";
import { isMailbox } from "../../protocol/queue-names.js";
import { idOfToken } from "../../protocol/request-id.js";
import { ofType, storedReplies } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const rightAddress: Check = {
  promise: "Every reply is in the mailbox of the requester and the request that it answers.",
  violated:
    "A reply is stored in the mailbox of another requester or of another request, or a requester received a " +
    "reply to a request that only others sent. A reply that a requester collects by a handle, and one that is stored in another place than a mailbox, are not judged.",
  inconclusive: "No reply is in a mailbox or was received.",
  reads: ["replies-read"],
  judge: (history) => {
    const askedBy = new Map<string, Set<string>>();
    for (const { request, actor } of ofType(history, "requested"))
      askedBy.set(request, (askedBy.get(request) ?? new Set()).add(actor));
    const stored = storedReplies(history) ?? [];
    const received = ofType(history, "received");
    // A request that the laboratory published by hand may have any address, and only a mailbox names its request.
    const inMailboxes = stored.filter(({ subject }) => isMailbox(subject));
    const judged = [...inMailboxes, ...received].filter(({ request }) => askedBy.has(request));
    if (judged.length === 0) return inconclusive("there is no reply to judge");
    const isWrong = (reply: (typeof judged)[number]) => {
      const by = askedBy.get(reply.request) as Set<string>;
      if ("actor" in reply) return !by.has(reply.actor);
      const [requester = "", token = ""] = reply.subject.split(".").slice(-2);
      return !(by.has(requester) && idOfToken(token) === reply.request);
    };
    const wrong = [...new Set(judged.filter(isWrong).map(({ request }) => request))];
    const replies = count(new Set(judged.map(({ request }) => request)).size, "reply", "replies");
    if (wrong.length > 0) return violated(`${wrong.length} of ${replies} went to another address`, wrong);
    return held(`${replies} at the address that was asked for`);
  },
};
