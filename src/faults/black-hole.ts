// A link that swallows everything and says nothing: the hardest to notice.
import { z } from "zod";
import { fault } from "./fault.js";
import { spoil } from "./link-fault.js";
import { between } from "./options.js";
import { standsStill } from "./shown-by.js";

export const blackHole = fault({
  does: "Lets nothing pass a link, with connections open and new ones accepted; healed, what was held back arrives.",
  options: z.strictObject({ between }),
  needs: ["own-server"],
  inject: (target, { between }) =>
    spoil(target, between, { blackHole: true }, "swallows what passes", standsStill(between)),
});
