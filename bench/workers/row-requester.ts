// The process that sends a row's requests and measures how long each takes.
import { keepInFlight, type LoadOptions } from "../load.js";
import { type RowName, rows } from "../rows/index.js";
import { serve, workerArguments } from "./serve.js";

const args = workerArguments();
const row = rows[args.job as RowName];

await serve(args, row.connect, async (nc) => {
  const client = await row.open(nc);
  return { load: (options: LoadOptions) => keepInFlight(client, options) };
});
