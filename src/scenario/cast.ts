// Who takes part in a scenario, and its streams, as far as the file could be read.
import type { RequesterFile, ResponderFile, ServiceFile } from "./schema-actors.js";
import type { ServerFile } from "./schema-server.js";
import type { SetupFile } from "./schema-setup.js";

/** `undefined` stands for a part with a mistake in it: its name is known, its content is not. */
export interface Cast {
  /** `requires.server` as the file has it; whether it is a version is checked elsewhere. Empty where it has none. */
  requiredServer: string;
  setup: SetupFile | undefined;
  server: ServerFile | undefined;
  requesters: Map<string, RequesterFile | undefined>;
  responders: Map<string, ResponderFile | undefined>;
  services: Map<string, ServiceFile | undefined>;
}

export const actorNames = ({ requesters, responders, services }: Cast) => [
  ...requesters.keys(),
  ...responders.keys(),
  ...services.keys(),
];
