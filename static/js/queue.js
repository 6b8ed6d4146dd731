/**
 * Keys for a queue: inside `[data-queue]`, j and k move the focus from line to line, and c sends the line's own form to
 * claim it; Enter opens the line because its link has the focus. Nothing happens outside the queue, in a field, or with
 * a modifier, so that no key of a browser or a screen reader is taken (WCAG 2.1.4).
 */
const queue = document.querySelector("[data-queue]");
const lines = [...(queue?.children ?? [])];

/** The place of the line with the focus; -1 for the queue itself. */
function present() {
  return lines.findIndex((line) => line.contains(document.activeElement));
}

function go(place) {
  const line = lines[Math.min(Math.max(place, 0), lines.length - 1)];
  line?.querySelector("[data-queue-title]")?.focus();
}

queue?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target.closest("input, textarea, select")) return;
  const act = {
    j: () => go(present() + 1),
    k: () => go(present() - 1),
    c: () => lines[present()]?.querySelector("[data-queue-claim]")?.requestSubmit(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
