// `wait`: time passes.
import { toMs } from "../../common/duration.js";
import { duration } from "../fields.js";
import { defineVerb } from "./step.js";

export const wait = defineVerb({
  schema: duration.describe("Lets time pass. Better: `after` and `eventually`."),
  walk: () => {},
  build: (time) => ({ kind: "wait", ms: toMs(time) }),
});
