// How each kind of step is carried out: the registry, under the names of scenario/verbs. It has no other logic.
import { eventually, expect } from "./expectations.js";
import { repeat, together } from "./nested.js";
import { publish, replay } from "./publish.js";
import { cancel, collect, request, send } from "./requests.js";
import { type Kind, nothing, type RunStep } from "./step.js";

export const stepRunners: { [K in Kind]: RunStep<K> } = {
  request,
  send,
  collect,
  cancel,
  replay,
  publish,
  expect,
  eventually,
  together,
  repeat,
  start: (lab, { actor }) => nothing(lab.startActor(actor)),
  stop: (lab, { actor }) => nothing(lab.stopActor(actor)),
  crash: (lab, { actor }) => nothing(lab.crashActor(actor)),
  pause: (lab, { actor }) => nothing(lab.actor(actor).perform({ do: "pause" })),
  resume: (lab, { actor }) => nothing(lab.actor(actor).perform({ do: "resume" })),
  restart: (lab) => nothing(lab.restartServer()),
  inject: (lab, { fault, options, forMs }) => nothing(lab.faults.inject(fault, options, forMs)),
  heal: (lab, { fault }) => nothing(lab.faults.heal(fault)),
  wait: (lab, { ms }) => nothing(lab.history.until(() => false, ms, lab.signal)),
};
