// What a responder does, in words.
import type { ResponderEvent } from "../../history/event.js";
import { type EventOf, firstReplyWon } from "../../history/select.js";
import { plain } from "../text.js";
import { reply, type Table } from "./words.js";

export const responderWords: Table<ResponderEvent> = {
  delivered: (e, cast) => ({
    tone: "quiet",
    text: `is given ${cast.name(e)}${e.delivery > 1 ? ` again (delivery ${e.delivery})` : ""}`,
  }),
  // The first execution goes without saying: the reply tells it.
  executed: (e, cast) => {
    const times = cast.executions(e);
    return times < 2
      ? undefined
      : { tone: "bad", text: `executes ${cast.name(e)} again (execution ${times})` };
  },
  "called-off": (e, cast) => ({
    tone: "bad",
    text: e.begun
      ? `hears that ${cast.name(e)} is ${e.ending}, and its handler stops`
      : `does not begin ${cast.name(e)}: it is ${e.ending}`,
  }),
  replied: (e, cast) => ({ text: `replies ${reply(e)} to ${cast.name(e)}, ${whereTo(e)}` }),
  "part-replied": (e, cast) => ({ tone: "quiet", text: `replies part ${e.part} to ${cast.name(e)}` }),
  "reply-refused": (e, cast) => ({
    text: firstReplyWon(e)
      ? `has its reply to ${cast.name(e)} refused: ${plain(e.reason)}`
      : `does not learn whether its reply to ${cast.name(e)} is stored: ${plain(e.reason)}`,
  }),
  acked: (e, cast) => ({ tone: "quiet", text: `acks ${cast.name(e)}: ${cast.requestStream} lets it go` }),
  terminated: (e, cast) => ({ tone: "bad", text: `terminates ${cast.name(e)}: ${plain(e.reason)}` }),
  "already-answered": (e, cast) => ({ text: `finds ${cast.name(e)} answered already, and lets it go` }),
  "dead-lettered": (e, cast) => ({
    tone: "bad",
    text: `puts ${cast.name(e)} aside as message ${e.sequence} of ${plain(e.stream)}: ${plain(e.reason)}`,
  }),
  returned: (e, cast) => ({ text: `gives ${cast.name(e)} back: ${plain(e.reason)}` }),
  paused: () => ({ tone: "quiet", text: "takes no more requests for a while" }),
  resumed: () => ({ tone: "quiet", text: "takes requests again" }),
  drained: () => ({ tone: "quiet", text: "finishes what it was given, and takes no more" }),
};

function whereTo(event: EventOf<"replied">): string {
  if (event.sequence === undefined) return "sent to its inbox";
  if (event.stream === undefined) return `stored as message ${event.sequence}`;
  return `stored in ${plain(event.stream)} as message ${event.sequence}`;
}
