// Nothing answered left: a request that has its reply leaves the request stream. Else the server delivers it again for nothing.
import { count } from "../../common/plural.js";
import { ofType, requestIds, requestsLeft, storedReplies, withoutReplaced } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const nothingAnsweredLeft: Check = {
  promise: "No request that has a reply is left in the request stream at the end.",
  violated:
    "The request stream holds a request whose reply is stored or was sent. If a responder is killed between the reply and " +
    "the ack, its request stays until the next delivery. A scenario waits for that before it ends.",
  inconclusive: "There is no reply. Or the request stream was not read at the end.",
  reads: ["requests-read", "replies-read"],
  judge: (history) => {
    const given = withoutReplaced(ofType(history, "replied"), history);
    const answered = new Set(requestIds([...given, ...(storedReplies(history) ?? [])]));
    if (answered.size === 0) return inconclusive("there is no reply to judge");
    const readings = requestsLeft(history);
    if (readings.length === 0) return inconclusive("the request stream was not read at the end");
    const left = readings.flatMap(({ requests }) => requests.filter((request) => answered.has(request)));
    const requests = count(answered.size, "answered request");
    if (left.length > 0) return violated(`${left.length} of ${requests} left in the stream`, [...new Set(left)]);
    return held(`${requests}, none of which is left in the stream`);
  },
};
