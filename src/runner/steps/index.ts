// The registry of steps in a run: how each kind of step is carried out, under its name in the scenario.
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
  start: (context, { actor }) => nothing(context.startActor(actor)),
  stop: (context, { actor }) => nothing(context.stopActor(actor)),
  crash: (context, { actor }) => nothing(context.crashActor(actor)),
  pause: (context, { actor }) => nothing(context.actor(actor).runStep({ kind: "pause" })),
  resume: (context, { actor }) => nothing(context.actor(actor).runStep({ kind: "resume" })),
  upgrade: (context, { to, node }) => nothing(context.upgrade(to, node)),
  restart: (context) => nothing(context.restartServer()),
  inject: (context, { fault, options, forMs }) => nothing(context.faults.inject(fault, options, forMs)),
  heal: (context, { fault }) => nothing(context.faults.heal(fault)),
  wait: (context, { ms }) => nothing(context.history.until(() => false, ms, context.signal)),
};
