// A small service: it takes orders from the queue, keeps count of what is in stock, and answers.
import { openConnection, Responder, RetryLaterError } from "jetstream-request-reply-kit";

/**
 * @param {{ servers: string, stock: Record<string, number>, oven?: () => Promise<void> }} options
 * `oven` heats a sandwich; while it is out of order, the order comes again later.
 */
export async function startOrderService({ servers, stock, oven = async () => {} }) {
  const nc = await openConnection({ servers, name: "order-service" });
  const responder = await Responder.start(nc, {
    name: "order-service",
    retry: { firstMs: 10 },
    handlers: {
      "order-sandwich": async () => {
        if (!stock.sandwich) throw new Error("sold out");
        await oven().catch((cause) => {
          throw new RetryLaterError("the oven is out of order", { cause });
        });
        stock.sandwich -= 1;
        return "🥪";
      },
      "order-status": () => JSON.stringify(stock),
    },
  });
  return {
    async stop() {
      await responder.drain();
      await nc.close();
    },
  };
}
