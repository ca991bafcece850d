// The process that sends a row's requests and measures how long each takes.
import { keepInFlight, type LoadOptions } from "../load.js";
import { type RowName, rows } from "../rows/index.js";
import { serve } from "./serve.js";

await serve(async (nc, job) => {
  const client = await rows[job as RowName].open(nc);
  return { load: (options: LoadOptions) => keepInFlight(client, options) };
});
