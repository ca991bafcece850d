// The process that answers a row's requests.
import { payloadOf } from "../load.js";
import { type RowName, rows } from "../rows/index.js";
import { serve, workerArguments } from "./serve.js";

const args = workerArguments();
const row = rows[args.job as RowName];

await serve(args, row.connect, async (nc) => {
  await row.respond(nc, payloadOf(128));
  return {};
});
