// What `request` and `send` have in common: what is asked for, once or as a load, and in which words.
import type { z } from "zod";
import type { RequestAction } from "../model.js";
import { name, order, requestId, text } from "../words.js";
import { loadKeys, loadOf } from "./load.js";

export const nameKey = { as: name.describe("What the rest of the file calls this request.") };

export const orderKeys = {
  order: order.optional().describe("What is asked for: the last token of `requests.<order>`."),
  ...loadKeys,
};

export const messageKeys = {
  payload: text.default("").describe("The body of the request."),
  id: requestId
    .optional()
    .describe("Its id; sent again under the same id, it is the same request. Default: a new one."),
};

type AskedFile = z.output<z.ZodObject<typeof orderKeys & Pick<typeof messageKeys, "id">>>;

export function askedOf({
  order,
  orders,
  count,
  rate,
  id,
}: AskedFile): Pick<RequestAction, "id" | "order" | "load"> {
  return {
    ...(id !== undefined && { id }),
    ...(order !== undefined && { order }),
    ...(count !== undefined && { load: loadOf(count, rate, orders ?? { [order as string]: 1 }) }),
  };
}
