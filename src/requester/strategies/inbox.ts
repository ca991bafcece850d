// The reply goes to a subject of the living process. The simplest strategy: nothing stores it, and nothing can be missed
// and found again.

import { lastTokenOf } from "../../protocol/headers.js";
import { requestHeaders } from "../../protocol/messages.js";
import type { OpenStrategy } from "./strategy.js";

export const inbox: OpenStrategy = (_, own) => ({
  name: "inbox",
  listen: `${own}.reply.*`,
  listenParts: `${own}.reply.*.*`,
  readable: false,
  replyTo: (id) => `${own}.reply.${id}`,
  requestHeaders,
  requestOf: lastTokenOf,
});
