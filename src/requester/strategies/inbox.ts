// The reply goes to a subject of the living process. The simplest strategy: nothing stores it, and nothing can be missed
// and found again.
import { requestHeaders } from "../../protocol/headers.js";
import { idToken } from "../../protocol/request-id.js";
import { requestIdIn } from "../../protocol/subjects.js";
import type { OpenStrategy } from "./strategy.js";

export const inbox: OpenStrategy = (names, _, own) => ({
  name: "inbox",
  listen: `${own}.reply.*`,
  listenParts: `${own}.reply.*.*`,
  readable: false,
  replyTo: (id) => `${own}.reply.${idToken(id)}`,
  requestHeaders: requestHeaders(names),
  requestOf: requestIdIn,
});
