// The reply is stored in REPLIES under its requester and request, and REPLIES republishes what it stored to whoever waits.
import { requestHeaders } from "../../protocol/messages.js";
import { mailboxSubject, republishedSubject } from "../../protocol/names.js";
import { locate } from "../whereabouts.js";
import { lastToken, type OpenStrategy } from "./strategy.js";

export const mailbox: OpenStrategy = (requester) => ({
  name: "mailbox",
  listen: republishedSubject(requester, "*"),
  listenParts: republishedSubject(requester, "*.*"),
  readable: true,
  replyTo: (id) => mailboxSubject(requester, id),
  requestHeaders,
  requestOf: lastToken,
  timedOut: locate,
});
