// Step `wait`: lets time pass.
import { toMs } from "../../common/duration.js";
import { duration } from "../fields.js";
import { defineStep } from "./step.js";

export const wait = defineStep({
  schema: duration.describe("Waits for this time. Prefer `after` and `eventually`."),
  validate: () => {},
  build: (time) => ({ kind: "wait", ms: toMs(time) }),
});
