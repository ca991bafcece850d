// The script of the overview page: its filters. It reads the attributes of the page; no data of a run is inside.
(() => {
  const one = (id) => document.getElementById(id);
  const form = one("filters");
  const rows = [...document.querySelectorAll("tr[data-state]")];
  const filter = () => {
    const [text, state] = [one("by-run").value.trim().toLowerCase(), one("by-state").value];
    let left = 0;
    for (const row of rows) {
      row.hidden = !(row.textContent.toLowerCase().includes(text) && (state === "" || row.dataset.state === state));
      if (!row.hidden) left++;
    }
    one("matching").textContent = left === rows.length ? "" : left + " of " + rows.length + " runs";
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  one("clear").addEventListener("click", () => {
    form.reset();
    filter();
  });
  // A browser that comes back to a page puts back what was typed.
  filter();
})();
