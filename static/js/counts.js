/**
 * Keeps figures up to date: `<span data-count="requests.waiting">` gets what /staff/counts.json says, every half minute.
 * A hidden page asks for nothing, and neither does one that nobody has touched for ten minutes: a session that is left
 * alone shall end.
 */
const EVERY_MS = 30_000;
const IDLE_MS = 600_000;
const figures = [...document.querySelectorAll("[data-count]")];
let touched = Date.now();

for (const kind of ["pointerdown", "keydown", "focus"]) {
  window.addEventListener(kind, () => (touched = Date.now()), { passive: true });
}

async function refresh() {
  if (!document.hidden && Date.now() - touched < IDLE_MS) {
    const answer = await fetch("/staff/counts.json", { headers: { accept: "application/json" } }).catch(() => null);
    if (answer && (!answer.ok || answer.redirected)) return;
    const counts = await answer?.json().catch(() => null);
    for (const figure of counts ? figures : []) {
      const [queue, what] = figure.dataset.count.split(".");
      const text = counts[queue]?.[what]?.toLocaleString("en", { useGrouping: false });
      if (text !== undefined && text !== figure.textContent) figure.textContent = text;
    }
  }
  setTimeout(refresh, EVERY_MS);
}

if (figures.length) setTimeout(refresh, EVERY_MS);
