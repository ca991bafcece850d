// Examples: the command lines that the help of each command shows.
import type { Command } from "commander";

/** By the names of the command, as they are typed. */
const examples: Record<string, readonly string[]> = {
  scenario: [
    "jsrr scenario offline-responder",
    "jsrr scenario crashed.yaml --report out",
    "jsrr scenario crashed.yaml --set setup.ack_wait=2s --repeat 10",
  ],
  scenarios: ["jsrr scenarios", "jsrr scenarios inbox-lost offline-responder --parallel 2 --report out"],
  list: ["jsrr list", "jsrr list --json"],
  check: ["jsrr check ~/.local/state/jsrr/inbox-lost-20260304-050607-k3x --story"],
  open: ["jsrr open", "jsrr open out --print"],
  compare: ["jsrr compare --report out", "jsrr compare --situations responder-crashed --strategies inbox,mailbox"],
  explore: [
    "jsrr explore --runs 50",
    "jsrr explore --for 10m --faults 'kill-*,partition' --nodes 3 --seed 7",
    "jsrr explore --actor bob='python service.py' --report out",
  ],
  conformance: [
    "jsrr conformance --actor responder='./my-responder'",
    "jsrr conformance --actor responder='python pay.py' --order ok=pay --claim all",
    "jsrr conformance --actor requester='./send {order} {timeout} {id}' --json",
  ],
  demo: ["jsrr demo", "jsrr demo --port 8080"],
  server: ["jsrr server", "jsrr server --port 0 --store ./data --json"],
  setup: ["jsrr setup", "jsrr setup --ack-wait 10s --max-deliver 5 --update"],
  respond: ["jsrr respond", "jsrr respond --menu order-tea=🍵 --work 2s --name bob"],
  request: [
    "jsrr request order-sandwich",
    "jsrr request order-sandwich rye --name alice --timeout 30s",
    "jsrr request order-sandwich --no-wait",
  ],
  collect: ["jsrr collect alice.k3x.REQUESTS.7 --timeout 1m"],
  replies: ["jsrr replies --name alice", "jsrr replies --name alice --queue payments --json"],
  status: ["jsrr status alice.k3x.REQUESTS.7"],
  cancel: ["jsrr cancel alice.k3x.REQUESTS.7"],
  "dead-letters": ["jsrr dead-letters list", "jsrr dead-letters replay 3"],
  "dead-letters list": ["jsrr dead-letters list --json"],
  "dead-letters replay": ["jsrr dead-letters replay 3"],
  teardown: ["jsrr teardown --queue payments", "jsrr teardown --yes --json"],
  completion: [
    'eval "$(jsrr completion bash)"     # in ~/.bashrc',
    'eval "$(jsrr completion zsh)"      # in ~/.zshrc, after compinit',
    "jsrr completion fish | source      # in ~/.config/fish/config.fish",
  ],
};

/** Adds them to the help of a command and of its own commands. */
export function withExamples(command: Command, name = command.name()): Command {
  const lines = examples[name] ?? [];
  if (lines.length > 0) command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
  for (const inner of command.commands) withExamples(inner, `${name} ${inner.name()}`);
  return command;
}
