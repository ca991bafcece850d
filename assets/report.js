// The script of the HTML report: pointing, links and filters. It reads the attributes of the page; no data of a run is inside.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const parts = new Map();
  for (const part of all("[data-r]")) {
    const of = parts.get(part.dataset.r);
    if (of) of.push(part);
    else parts.set(part.dataset.r, [part]);
  }
  const rows = all("tr[data-key]");
  let pinned = [], lit = [];

  const light = (indexes) => {
    if (String(indexes) === String(lit)) return;
    for (const index of lit) for (const part of parts.get(index)) part.classList.remove("on");
    for (const index of indexes) for (const part of parts.get(index)) part.classList.add("on");
    document.body.classList.toggle("lit", indexes.length > 0);
    lit = indexes;
  };
  const indexAt = (target) => target?.closest?.("[data-r]")?.dataset.r;
  const lightAt = (target) => light(indexAt(target) === undefined ? pinned : [indexAt(target)]);
  document.addEventListener("pointerover", (event) => lightAt(event.target));
  document.addEventListener("focusin", (event) => lightAt(event.target));
  document.addEventListener("focusout", () => light(pinned));
  document.documentElement.addEventListener("pointerleave", () => light(pinned));

  const wanted = () => {
    const [, name] = /^#request=(.*)$/s.exec(location.hash) ?? [];
    try {
      return name && decodeURIComponent(name);
    } catch {
      return name;
    }
  };
  const follow = () => {
    const name = wanted();
    const key = name && encodeURIComponent(name);
    // Its own name, its id, or the scenario's name for several.
    const named = key && ["key", "id", "as"].map((kind) => rows.filter((row) => row.dataset[kind] === key)).find((found) => found.length);
    const found = named || [];
    pinned = found.map((row) => row.dataset.r);
    light(pinned);
    const note = one("pinned");
    if (!note) return;
    note.hidden = !name;
    if (!name) return;
    const drawn = all(".row.on")[0];
    const called = found.length > 1 ? found.length + " requests named " + name : found[0]?.cells[0].textContent;
    note.firstElementChild.textContent =
      found.length === 0
        ? "There is no request " + name + " in this report."
        : drawn
          ? "The path of " + called + "."
          : called + " is not drawn; it is in the list of requests.";
    (drawn ?? found[0])?.scrollIntoView({ block: "center", inline: "nearest" });
  };
  const unpin = () => {
    history.replaceState(null, "", location.pathname + location.search);
    follow();
  };
  addEventListener("hashchange", follow);
  one("unpin")?.addEventListener("click", unpin);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned.length > 0) unpin();
  });

  const form = one("filters");
  if (form) {
    const [text, actor, status] = ["by-request", "by-actor", "by-status"].map(one);
    const matches = (row) => {
      const { id, actors, status: ended } = row.dataset;
      const words = (row.cells[0].textContent + " " + decodeURIComponent(id) + " " + row.cells[1].textContent).toLowerCase();
      return (
        words.includes(text.value.trim().toLowerCase()) &&
        (actor.value === "" || actors.split(" ").includes(actor.value)) &&
        (status.value === "" || ended === status.value)
      );
    };
    const filter = () => {
      let left = 0;
      for (const row of rows) {
        const isIn = matches(row);
        if (isIn) left++;
        for (const part of parts.get(row.dataset.r)) {
          if (part.tagName === "TR") part.hidden = !isIn;
          else part.classList.toggle("out", !isIn);
        }
      }
      const shown = left.toLocaleString("en");
      one("matching").textContent = left === rows.length ? "" : shown + " of " + rows.length.toLocaleString("en") + " listed requests";
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    one("clear").addEventListener("click", () => {
      form.reset();
      filter();
    });
    // A browser that comes back to a page puts back what was typed.
    if (text.value || actor.value || status.value) filter();
  }
  follow();

  // A diagram that is larger than its frame: a small picture of the whole, and what is to the left and right.
  const frame = document.querySelector(".diagram");
  const map = one("map");
  if (frame && map) {
    const seen = map.querySelector(".seen");
    const lanes = all(".heads .head").map((head) => ({
      name: head.querySelector("title").textContent,
      x: Number(head.querySelector(".name").getAttribute("x")),
    }));
    const beyond = one("beyond");
    const names = (some) => (some.length > 4 ? some.length + " lanes" : some.map(({ name }) => name).join(", "));
    const show = () => {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight, scrollLeft, scrollTop } = frame;
      const isWider = scrollWidth > clientWidth + 1;
      const isLarger = isWider || scrollHeight > clientHeight * 1.5;
      map.toggleAttribute("hidden", !isLarger);
      const { width, height } = map.viewBox.baseVal;
      const [across, down] = [width / scrollWidth, height / scrollHeight];
      seen.setAttribute("x", scrollLeft * across);
      seen.setAttribute("y", scrollTop * down);
      seen.setAttribute("width", clientWidth * across);
      seen.setAttribute("height", clientHeight * down);
      const left = lanes.filter(({ x }) => x < scrollLeft);
      const right = lanes.filter(({ x }) => x > scrollLeft + clientWidth);
      frame.classList.toggle("more-left", left.length > 0);
      frame.classList.toggle("more-right", right.length > 0);
      frame.classList.toggle("more-below", scrollTop + clientHeight < scrollHeight - 1);
      beyond.hidden = left.length + right.length === 0;
      beyond.textContent = [left.length ? "← " + names(left) : "", right.length ? names(right) + " →" : ""].filter(Boolean).join("   ");
    };
    const goTo = (event) => {
      const box = map.getBoundingClientRect();
      const at = (from, size, whole, shown) => ((from / size) * whole) - shown / 2;
      frame.scrollTo({
        left: at(event.clientX - box.left, box.width, frame.scrollWidth, frame.clientWidth),
        top: at(event.clientY - box.top, box.height, frame.scrollHeight, frame.clientHeight),
      });
    };
    map.addEventListener("pointerdown", (event) => {
      map.setPointerCapture(event.pointerId);
      goTo(event);
    });
    map.addEventListener("pointermove", (event) => event.buttons > 0 && goTo(event));
    frame.addEventListener("scroll", show, { passive: true });
    new ResizeObserver(show).observe(frame);
    show();
  }

  // What did not hold is in sight, however long the file.
  const flawed = document.querySelector(".code .violated, .code .inconclusive");
  if (flawed) {
    const file = flawed.closest(".code");
    file.scrollTop = flawed.offsetTop - file.offsetTop - file.clientHeight / 2;
  }
})();
