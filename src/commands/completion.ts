// `jsrr completion`: a script for the shell, and the words that it asks for at each Tab.
import type { Command } from "commander";
import { findScenarios } from "../scenario/catalogue.js";
import { oneOf } from "./options.js";
import { say } from "./terminal.js";

/** Each script asks `jsrr completion words`, so that it never differs from the installed version. */
const scripts = {
  bash: `_jsrr() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(jsrr completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _jsrr jsrr`,
  zsh: `_jsrr() {
  local line
  local -a found
  for line in "\${(@f)$(jsrr completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#found )); then _describe jsrr found; else _files; fi
}
compdef _jsrr jsrr`,
  fish: `function __jsrr_words
  jsrr completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null
end
complete -c jsrr -n 'test (count (__jsrr_words)) -gt 0' -f -a '(__jsrr_words)'`,
};

const shells = Object.keys(scripts) as (keyof typeof scripts)[];

export const configure = (command: Command): Command =>
  command
    .argument("<shell>", shells.join(", "), oneOf("the shell", ...shells, "words"))
    .argument("[words...]", "for the scripts: the words typed so far, after `words --`")
    .action((shell: keyof typeof scripts | "words", words: string[]) =>
      shell === "words" ? printCandidates(command.parent as Command, words) : say(scripts[shell]),
    );

/** One a line, with a tab and a description. Nothing where a file is meant, or any text. */
async function printCandidates(jsrr: Command, words: readonly string[]): Promise<void> {
  const prefix = words.at(-1) ?? "";
  const found = await candidates(jsrr, words.slice(0, -1), prefix.startsWith("-"));
  const matches = found.filter(([word]) => word.startsWith(prefix));
  if (matches.length > 0) say(matches.map(([word, text]) => `${word}\t${text.replace(/\s+/g, " ")}`).join("\n"));
}

type Candidate = [word: string, text: string];

/** @param before the words that are complete. */
async function candidates(jsrr: Command, before: readonly string[], isOption: boolean): Promise<Candidate[]> {
  let command = jsrr;
  for (const word of before) command = command.commands.find((inner) => inner.name() === word) ?? command;
  const last = before.at(-1);
  const open = command.options.find(({ long, short }) => last !== undefined && [long, short].includes(last));
  // Its value: nothing is known of it.
  if (open && (open.required || open.optional)) return [];
  if (isOption) {
    const options = [...jsrr.options, ...command.options].filter(({ hidden }) => !hidden);
    const all = options.flatMap(({ long, description }): Candidate[] => (long ? [[long, description]] : []));
    return [...new Map([...all, ["--help", "display help for command"] as Candidate])];
  }
  if (command.commands.length > 0)
    return command.commands.map((inner): Candidate => [inner.name(), inner.description()]);
  if (["scenario", "scenarios"].includes(command.name()))
    return (await findScenarios()).map(({ name }): Candidate => [name, "a scenario of the kit"]);
  return command.name() === "completion" ? shells.map((shell): Candidate => [shell, "a shell"]) : [];
}
