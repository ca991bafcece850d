// Entry point `jetstream-request-reply-kit`: setup, Requester, Responder, and what belongs to them.
export * from "./browser.js";
export { type ConnectionSettings, openConnection } from "./connection/connect.js";
