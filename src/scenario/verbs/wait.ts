// `wait`: time passes.
import { toMs } from "../../time/duration.js";
import { duration } from "../words.js";
import { defineVerb } from "./verb.js";

export const wait = defineVerb({
  schema: duration.describe("Lets time pass. Better: `after` and `eventually`."),
  walk: () => {},
  build: (time) => ({ kind: "wait", ms: toMs(time) }),
});
