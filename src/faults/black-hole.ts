// A link that swallows everything and says nothing: the hardest to notice.
import { z } from "zod";
import { serverAway } from "./evidence.js";
import { fault } from "./fault.js";
import { spoil } from "./link-fault.js";
import { between } from "./options.js";

export const blackHole = fault({
  does: "Lets nothing pass a link, with connections open and new ones accepted; healed, what was held back arrives.",
  options: z.strictObject({ between }),
  needs: ["own-server"],
  inject: (target, { between }) =>
    spoil(target, between, { blackHole: true }, "swallows what passes", serverAway),
});
