// The registry of verbs: what a step can do. Exactly one of these keys makes a step.
import { cancel } from "./cancel.js";
import { collect } from "./collect.js";
import { eventually, expect } from "./expect.js";
import { heal, inject } from "./inject.js";
import { crash, start, stop } from "./moves.js";
import { pause, resume } from "./pause.js";
import { publish } from "./publish.js";
import { replay } from "./replay.js";
import { request } from "./request.js";
import { restart } from "./restart.js";
import { send } from "./send.js";
import { wait } from "./wait.js";

export const plainVerbs = {
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
  inject,
  heal,
  collect,
  cancel,
  replay,
  publish,
  wait,
};
