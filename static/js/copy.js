/**
 * Copies a secret: `<button type="button" data-copy="id-of-the-element" hidden>`.
 *
 * The button is hidden in the page and shown only where the clipboard can be written. The result is told in
 * the button and, for screen readers, in the `role="status"` beside it (WCAG 4.1.3).
 */
const BACK_TO_NORMAL_MS = 4_000;

function enable(button) {
  const source = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector('[role="status"]');
  const label = button.textContent;
  if (!source) return;

  const text = () => {
    const items = [...source.querySelectorAll("li")];
    return items.length ? items.map((item) => item.textContent.trim()).join("\n") : source.textContent.trim();
  };

  button.addEventListener("click", async () => {
    let told = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      getSelection()?.selectAllChildren(source);
      told = "Selected: copy it by hand";
    }
    button.textContent = told;
    if (status) status.textContent = told;
    setTimeout(() => {
      button.textContent = label;
      if (status) status.textContent = "";
    }, BACK_TO_NORMAL_MS);
  });
  button.hidden = false;
}

if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(enable);
