// The process that answers a row's requests.
import { payloadOf } from "../load.js";
import { type RowName, rows } from "../rows/index.js";
import { serve } from "./serve.js";

await serve(async (nc, job) => {
  await rows[job as RowName].respond(nc, payloadOf(128));
  return {};
});
