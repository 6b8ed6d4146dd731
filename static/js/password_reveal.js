/**
 * A button beside each password that shows what was typed (NIST 800-63B-4, 3.1.1.2; WCAG 3.3.8).
 *
 * It exists only where this script runs, so that nobody meets a dead button. Before the form leaves, the
 * field is a password again, so that the browser keeps it out of its list of remembered words.
 */
function addReveal(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "field-reveal";
  button.setAttribute("aria-controls", input.id);

  const show = (visible) => {
    input.type = visible ? "text" : "password";
    const label = input.labels[0]?.firstChild?.textContent.trim().toLowerCase() ?? "password";
    button.textContent = visible ? "Hide" : "Show";
    button.setAttribute("aria-label", `${visible ? "Hide" : "Show"} ${label}`);
  };

  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  input.form?.addEventListener("submit", () => show(false));
  window.addEventListener("pageshow", () => show(false));

  show(false);
  input.after(button);
}

document.querySelectorAll('input[type="password"]').forEach(addReveal);
