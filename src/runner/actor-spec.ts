// What an actor's process is told when it starts: its role, its settings, and where its server is.
import type { ConnectionSettings } from "../connection/connect.js";
import type { Scenario } from "../scenario/model.js";
import type { ActorSpec } from "./actor-protocol.js";
import type { Environment } from "./environment.js";

export interface ActorPlace {
  scenario: Scenario;
  environment: Environment;
  /** The actor's own NDJSON file. */
  file: string;
  /** A module that plays it in the kit's place. */
  program: string | undefined;
}

/** @throws where the scenario has no actor of that name. */
export function actorSpec(name: string, { scenario, environment, file, program }: ActorPlace): ActorSpec {
  return {
    name,
    file,
    connection: connectionOf(name, environment),
    ...(program ? { program } : {}),
    ...roleOf(name, scenario),
  };
}

/** Through links, where a fault of the scenario is on its way. */
function connectionOf(name: string, { connection, own }: Environment): ConnectionSettings {
  const links = own?.links.get(name);
  return links ? { servers: links.map(({ url }) => url).join(","), ownServerOnly: true } : connection;
}

function roleOf(actor: string, { name, requesters, responders, services }: Scenario) {
  const [requester, responder, service] = [requesters[actor], responders[actor], services[actor]];
  if (requester) return { role: "requester" as const, settings: requester };
  if (responder) return { role: "responder" as const, settings: responder };
  if (service) return { role: "service" as const, settings: service };
  throw new Error(`${actor} is no actor of ${name}.`);
}
