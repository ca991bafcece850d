// What each cell of the comparison is known to be, as data: a server or a change of ours that differs is shown.
import type { ReplyStrategy } from "../history/strategies.js";
import type { Cell } from "./cell.js";
import type { Situation } from "./situations.js";

const cell = (request: Cell["request"], effect: number, reply: Cell["reply"], copies: number): Cell => ({
  request,
  effect,
  reply,
  copies,
});

export const expectedCells: Record<Situation, Record<ReplyStrategy, Cell>> = {
  "responder-offline": {
    inbox: cell("answered", 1, "received", 0),
    mailbox: cell("answered", 1, "received", 1),
    kv: cell("answered", 1, "received", 1),
    shared: cell("answered", 1, "received", 1),
    trial: cell("answered", 1, "received", 0),
  },
  "requester-timed-out": {
    inbox: cell("answered", 1, "late", 0),
    mailbox: cell("answered", 1, "collected", 1),
    kv: cell("answered", 1, "collected", 1),
    shared: cell("answered", 1, "late", 1),
    trial: cell("removed", 0, "none", 0),
  },
  "requester-restarted": {
    inbox: cell("answered", 1, "lost", 0),
    mailbox: cell("answered", 1, "collected", 1),
    kv: cell("answered", 1, "collected", 1),
    shared: cell("answered", 1, "stored", 1),
    trial: cell("answered", 1, "lost", 0),
  },
  "server-restarted": {
    inbox: cell("answered", 1, "received", 0),
    mailbox: cell("answered", 1, "received", 1),
    kv: cell("answered", 1, "received", 1),
    shared: cell("answered", 1, "received", 1),
    trial: cell("answered", 1, "received", 0),
  },
  "responder-crashed": {
    inbox: cell("answered", 2, "received", 0),
    mailbox: cell("answered", 1, "received", 1),
    kv: cell("answered", 1, "received", 1),
    shared: cell("answered", 2, "received", 2),
    trial: cell("answered", 2, "received", 0),
  },
  "duplicate-request": {
    inbox: cell("answered", 1, "1 of 2", 0),
    mailbox: cell("answered", 1, "2 of 2", 1),
    kv: cell("answered", 1, "2 of 2", 1),
    shared: cell("answered", 1, "1 of 2", 1),
    trial: cell("answered", 1, "1 of 2", 0),
  },
};
