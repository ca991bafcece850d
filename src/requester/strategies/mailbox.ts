// The reply is stored in REPLIES under its requester and request, and REPLIES republishes it to the requester that waits.
import { requestHeaders } from "../../protocol/headers.js";
import { requestIdIn } from "../../protocol/subjects.js";
import type { OpenStrategy } from "./strategy.js";

export const mailbox: OpenStrategy = (names, requester) => ({
  name: "mailbox",
  listen: `${names.republishedTo(requester)}.*`,
  listenParts: `${names.republishedTo(requester)}.*.*`,
  readable: true,
  replyTo: (id) => names.mailboxSubject(requester, id),
  requestHeaders: requestHeaders(names),
  requestOf: requestIdIn,
});
