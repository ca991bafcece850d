// The registry of steps: each step of a timeline has exactly one of these keys.
import { crash, pause, restart, resume, start, stop } from "./actors.js";
import { cancel } from "./cancel.js";
import { collect } from "./collect.js";
import { eventually, expect } from "./expect.js";
import { heal, inject } from "./inject.js";
import { publish } from "./publish.js";
import { replay } from "./replay.js";
import { request } from "./request.js";
import { send } from "./send.js";
import { upgrade } from "./upgrade.js";
import { wait } from "./wait.js";

export const simpleSteps = {
  request,
  send,
  expect,
  eventually,
  start,
  stop,
  crash,
  pause,
  resume,
  restart,
  upgrade,
  inject,
  heal,
  collect,
  cancel,
  replay,
  publish,
  wait,
};
