// The base of an exploration: the actors, settings and steps that every experiment has.
import { readScenarioData, type ScenarioData, type Settings, type StepData } from "./scenario-data.js";

/** Without a file: a requester and a responder of the kit. An actor with a command is external, and takes the responder's place. */
export function defaultBase(external: readonly string[] = []): ScenarioData {
  const menu = { "order-sandwich": "🥪", "order-bagel": "🥯", "order-meal": { parts: ["🥗", "🍝"], reply: "🍨" } };
  const responders = external.length > 0 ? external.map((name) => [name, { kind: "external" }]) : [["bob", { menu }]];
  return {
    scenario: "explored",
    question: "Does the system keep its promises under these faults?",
    answer: "This file was drawn by `jsrr explore`.",
    requesters: { alice: {} },
    responders: Object.fromEntries(responders) as Record<string, Settings>,
    timeline: [],
  };
}

/** A file's steps without its expectations: those hold without the faults that an exploration adds. */
export async function baseOf(file: string): Promise<ScenarioData> {
  const { scenario, question, answer, requires, server, setup, requesters, responders, services, ...rest } =
    await readScenarioData(file);
  const timeline = rest.timeline.filter((step) => !isExpectation(step));
  const parts = { scenario, question, answer, requires, server, setup, requesters, responders, services };
  const known = Object.entries(parts).filter(([, value]) => value !== undefined);
  const { check, expected } = rest;
  return { ...(Object.fromEntries(known) as typeof parts), timeline, check, expected };
}

const isExpectation = (step: StepData) => "expect" in step || "eventually" in step;

/** On so many servers; undefined for as many as the base has. */
export const onNodes = (base: ScenarioData, nodes: number | undefined): ScenarioData =>
  nodes === undefined ? base : { ...base, server: { ...base.server, nodes } };

export const nodesOf = ({ server }: ScenarioData): number => Number(server?.nodes ?? 1);
