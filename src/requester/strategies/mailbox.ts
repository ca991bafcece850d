// The reply is stored in REPLIES under its requester and request, and REPLIES republishes it to the requester that waits.
import { requestHeaders } from "../../protocol/headers.js";
import { lastTokenOf, mailboxSubject, republishedSubject } from "../../protocol/subjects.js";
import type { OpenStrategy } from "./strategy.js";

export const mailbox: OpenStrategy = (requester) => ({
  name: "mailbox",
  listen: republishedSubject(requester, "*"),
  listenParts: republishedSubject(requester, "*.*"),
  readable: true,
  replyTo: (id) => mailboxSubject(requester, id),
  requestHeaders,
  requestOf: lastTokenOf,
});
