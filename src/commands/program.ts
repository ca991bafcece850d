// Every command of `jsrr`, with the words they share.
import { Command } from "commander";
import { cancelCommand } from "./cancel.js";
import { checkCommand } from "./check.js";
import { collectCommand } from "./collect.js";
import { compareCommand } from "./compare.js";
import { deadLettersCommand } from "./dead-letters.js";
import { listCommand } from "./list.js";
import { requestCommand } from "./request.js";
import { respondCommand } from "./respond.js";
import { scenarioCommand } from "./scenario.js";
import { serverCommand } from "./server.js";
import { setupCommand } from "./setup.js";
import { statusCommand } from "./status.js";

export function program(version: string): Command {
  const jsrr = new Command("jsrr")
    .description("Durable request-reply on NATS JetStream, and the laboratory that proves it.")
    .version(version)
    .option("--debug", "show stack traces")
    .showHelpAfterError("(--help shows what is possible)")
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 done or held, 1 violated or no reply, 2 inconclusive, 3 failed,\n4 bad file or arguments.",
    );
  const commands = [
    scenarioCommand(),
    listCommand(),
    checkCommand(),
    compareCommand(),
    serverCommand(),
    setupCommand(),
    respondCommand(),
    requestCommand(),
    collectCommand(),
    statusCommand(),
    deadLettersCommand(),
    cancelCommand(),
  ];
  for (const command of commands) jsrr.addCommand(command.copyInheritedSettings(jsrr));
  return jsrr;
}
