// What becomes of a request whose requester gives up waiting.

/**
 * - keep: the request stays queued, and its reply can be collected later.
 * - cancel: it is taken out of the queue, if no responder has it yet; otherwise its handler is told to stop.
 * - expire: as cancel, and nobody works on it past its deadline even if this requester is gone by then: the server
 *   removes it (`Nats-TTL`, whole seconds, at least one: nats-server 2.11), and responders look at `Request-Deadline`,
 *   by their own clocks.
 */
export const timeOutPolicies = ["keep", "cancel", "expire"] as const;
export type OnTimeout = (typeof timeOutPolicies)[number];
