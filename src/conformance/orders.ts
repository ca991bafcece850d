// Orders: the kinds that the scenarios send, and the names that a service has for them.

/** What a service does with an order. The files send these; a service without one leaves its promises not shown. */
export const orderKinds = {
  ok: "answers with the status ok, at once",
  slow: "answers with the status ok, after 2 to 20 s",
  error: "fails for good: the status is error",
  retry: "fails at each attempt in a way that may pass",
  parts: "answers with at least one part before the reply",
  unknown: "has no handler",
} as const;

export type OrderKind = keyof typeof orderKinds;

/** As the files write them. */
export const placeholder = (kind: OrderKind) => (kind === "ok" ? "order-sandwich" : `order-${kind}`);

export const defaultOrders: Partial<Record<OrderKind, string>> = { ok: "order-sandwich", unknown: "order-unknown" };
