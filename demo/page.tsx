// The demo page: a requester in the browser, real responders, and everything that the server and the tab can say.
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Click } from "../src/demo/clicks.js";
import { CausalStream } from "../src/history/causal-order.js";
import { storyText } from "../src/report/event-text.js";
import { RunNames } from "../src/report/run-names.js";
import { handleText, listen, reportKilled, send, Tab } from "./link.js";
import { Counters, RepliesPanel, RequesterPanel, RequestsPanel, RespondersPanel, ServerControls } from "./panels.js";
import { apply, emptyState, isNew, type Via } from "./state.js";
import { Tour } from "./tour.js";

const killedHash = "#killed";
/** Lines of the story on the page; all of them are in the saved report. */
const mostLines = 100;

interface Line {
  key: number;
  at: string;
  actor: string;
  text: string;
  tone: string;
}

const state = emptyState();
const names = new RunNames();
let lines: Line[] = [];
let key = 0;
let latest = 0;

function addLine(event: (typeof state.events)[number]): void {
  names.learn(event);
  const story = storyText(event, names);
  if (!story) return;
  // A tab's events are stamped when they arrive: no line is earlier than the one before it.
  latest = Math.max(latest, event.t);
  const at = ((latest - (state.events[0]?.t ?? latest)) / 1_000_000).toFixed(2);
  lines.push({ key: key++, at, actor: story.lane ?? event.actor, text: story.text, tone: story.tone ?? "" });
  if (lines.length > mostLines) lines = lines.slice(-mostLines);
}

/** A tab that was killed between a click and its first event leaves a number that no event has: the storage knows it. */
function nextNumber(): number {
  const key = `orders of ${location.pathname}`;
  const known = new Set([...state.orders.values()].map(({ as }) => as.replace(/-inbox$/, ""))).size;
  const n = Math.max(known, Number(sessionStorage.getItem(key))) + 1;
  sessionStorage.setItem(key, String(n));
  return n;
}

function App() {
  const [, setVersion] = useState(0);
  const [broken, setBroken] = useState(false);
  const [problem, setProblem] = useState("");
  const [via, setVia] = useState<readonly Via[]>(["mailbox"]);
  const [touring, setTouring] = useState(localStorage.getItem("tour") !== "ended");
  const [tab, setTab] = useState<Tab>();
  const drawn = useRef(0);

  // At most once a frame, however many events there are.
  const draw = () => {
    if (drawn.current) return;
    drawn.current = requestAnimationFrame(() => {
      drawn.current = 0;
      setVersion((version) => version + 1);
    });
  };

  useEffect(() => {
    let opened = false;
    // The lines wait for the causes of their events. The state does not: it is the same in any order.
    const ordered = new CausalStream((event) => {
      addLine(event);
      draw();
    });
    listen(({ snapshot, events, depths, isExternal }) => {
      for (const event of snapshot ?? events ?? []) {
        if (!isNew(state, event)) continue;
        apply(state, event);
        ordered.push(event);
      }
      if (depths !== undefined) state.depths = depths;
      if (isExternal !== undefined) state.isExternal = isExternal;
      draw();
      if (!opened) void open();
      opened = true;
    }, setBroken);
    const open = async () => {
      try {
        const tab = await Tab.open();
        setTab(tab);
        const open = [...state.orders.values()].filter((order) => order.via === "mailbox" && order.tabKilled);
        const waiting = open.filter(({ place, sequence }) => place !== "received" && sequence > 0);
        if (waiting.length > 0) await tab.collect(waiting);
      } catch (error) {
        setProblem((error as Error).message);
      }
    };
    addEventListener("pagehide", reportKilled);
  }, []);

  const act = (click: Click) => {
    setProblem("");
    send(click).catch((error: Error) => setProblem(error.message));
  };
  const order = (name: string, count: number) => {
    const n = nextNumber();
    setProblem("");
    const sent = tab?.order(name, count, via, `${count > 1 ? "load" : "order"}-${n}`);
    sent?.catch((error: Error) => setProblem(error.message));
  };
  const kill = () => {
    location.hash = killedHash;
    location.reload();
  };

  return (
    <main>
      <header>
        <h1>Durable request-reply on JetStream, live</h1>
        <nav aria-label="Save this session">
          <CopyButton path="scenario.yaml" label="Copy as scenario.yaml" />
          <CopyButton path="demo.test.ts" label="Copy as vitest test" />
          <a href="report.html" download="report.html">
            Save report.html
          </a>
        </nav>
      </header>
      {touring && !state.isExternal && (
        <Tour
          state={state}
          onEnd={() => {
            localStorage.setItem("tour", "ended");
            setTouring(false);
          }}
        />
      )}
      <Counters state={state} />
      <ServerControls state={state} act={act} />
      <p class="problem" role="alert">
        {broken ? "The demo's process does not answer. Is it still running?" : problem}
      </p>
      <div class="panels">
        <RequesterPanel
          ready={tab !== undefined}
          state={state}
          via={via}
          onVia={setVia}
          onOrder={order}
          onKill={kill}
        />
        <RequestsPanel state={state} />
        <RespondersPanel state={state} act={act} />
        <RepliesPanel state={state} />
      </div>
      <section class="story" aria-labelledby="story-title">
        <h2 id="story-title">What happens</h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by the keyboard */}
        <ol tabIndex={0} aria-label="What happens, the newest first">
          {lines.toReversed().map(({ key, at, actor, text, tone }) => (
            <li key={key} class={tone}>
              <span class="at">{at}</span> <b>{actor}</b> {text}
            </li>
          ))}
        </ol>
      </section>
    </main>
  );
}

/** A modal dialog has the focus, ends with Escape, and gives the focus back. */
const open = (dialog: HTMLDialogElement | null) => {
  if (dialog && !dialog.open) dialog.showModal();
};

function CopyButton({ path, label }: { path: string; label: string }) {
  const [text, setText] = useState("");
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const content = await (await fetch(path)).text();
    setText(content);
    setCopied(
      await navigator.clipboard.writeText(content).then(
        () => true,
        () => false,
      ),
    );
  };
  return (
    <>
      <button type="button" onClick={() => void copy()} data-copy={path}>
        {label}
      </button>
      {text && (
        <dialog ref={open} aria-label={label} onClose={() => setText("")}>
          <p>{copied ? "Copied to the clipboard:" : "Copy this text:"}</p>
          <textarea readOnly rows={16} value={text} aria-label={path} />
          <button type="button" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
            Close
          </button>
        </dialog>
      )}
    </>
  );
}

/** What is left of a killed tab: the way back. Its requesters, its connection and its memory are gone. */
function KilledTab() {
  const [open, setOpen] = useState<string[]>();
  useEffect(() => {
    listen(
      ({ snapshot }) => {
        for (const event of snapshot ?? []) apply(state, event);
        if (!snapshot) return;
        const waiting = [...state.orders.values()].filter(
          ({ via, place }) => via === "mailbox" && place !== "received",
        );
        setOpen(waiting.map(handleText));
      },
      () => {},
    );
  }, []);
  const back = () => {
    history.replaceState(null, "", location.pathname);
    location.reload();
  };
  return (
    <main class="killed">
      <h1>This tab was killed</h1>
      <p>Its requester, its connection and its inbox are gone. Orders and stored replies are on the server.</p>
      {open && open.length > 0 && (
        <>
          <p>These handles lead back to them:</p>
          <ul class="handles">
            {open.slice(0, 12).map((handle) => (
              <li key={handle}>
                <code>{handle}</code>
              </li>
            ))}
            {open.length > 12 && <li>and {open.length - 12} more</li>}
          </ul>
        </>
      )}
      {/* biome-ignore lint/a11y/noAutofocus: it is the only control of the page */}
      <button type="button" onClick={back} data-back="tab" autoFocus>
        Come back and collect the replies
      </button>
    </main>
  );
}

const root = document.getElementById("app") as HTMLElement;
render(location.hash === killedHash ? <KilledTab /> : <App />, root);
