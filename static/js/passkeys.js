/**
 * Passkeys: `<form method="post" data-passkey="create|get" data-options="/path" hidden>` with a hidden field
 * `credential` and an empty `[data-passkey-message]` that is an alert.
 *
 * The form is hidden in the page and shown only where the browser knows passkeys; what the page says for all
 * others (`[data-passkey-without]`) is then hidden. On submit the script asks the server for a challenge
 * (`data-options`), hands it to the authenticator, puts the answer into `credential` and lets the form go its
 * ordinary way. With `data-passkey-autofill` passkeys are also offered in the field for the address.
 */
let waiting;
let asking = Promise.resolve();

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

function text(buffer) {
  const raw = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Challenges come with their bytes in Base64url. */
function decoded(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    list?.forEach((credential) => (credential.id = bytes(credential.id)));
  }
  return options;
}

/** The answer of an authenticator as JSON. */
function encoded(credential) {
  const answer = { clientDataJSON: text(credential.response.clientDataJSON) };
  if (credential.response.attestationObject) {
    answer.attestationObject = text(credential.response.attestationObject);
    answer.transports = credential.response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(credential.response.authenticatorData);
    answer.signature = text(credential.response.signature);
    answer.userHandle = credential.response.userHandle ? text(credential.response.userHandle) : null;
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer });
}

/**
 * The server's words go to the person; a page in place of options means that a session ended. One request at a
 * time, because the last challenge that was asked for is the one that counts.
 */
async function optionsFor(form) {
  const ask = () => fetch(form.dataset.options, { method: "POST", credentials: "same-origin", cache: "no-store" });
  asking = asking.then(ask, ask);
  const answer = await asking;
  if (answer.redirected) {
    location.assign(answer.url);
    return new Promise(() => {});
  }
  if (answer.status === 409) throw new Error((await answer.json()).message);
  if (answer.status === 429) throw new Error("Too many tries. Please wait a few minutes.");
  if (!answer.ok) throw new Error("The server did not answer as expected. Please try again.");
  return decoded(await answer.json());
}

/** What went wrong, for people. */
function words(error, creating) {
  switch (error.name) {
    case "NotAllowedError":
      return creating
        ? "No passkey was made: the request was cancelled or took too long."
        : "No passkey was used: the request was cancelled or took too long.";
    case "InvalidStateError":
      return "This device already holds a passkey for your account.";
    case "SecurityError":
      return "Passkeys do not work at this address of the portal.";
    case "TypeError":
      return "We could not reach the server. Check your connection and try again.";
    default:
      return error.message;
  }
}

async function run(form, mediation) {
  const creating = form.dataset.passkey === "create";
  waiting?.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  const publicKey = await optionsFor(form);
  signal.throwIfAborted();
  const request = { publicKey, signal, ...(mediation && { mediation }) };
  const credential = creating ? await navigator.credentials.create(request) : await navigator.credentials.get(request);
  form.elements.credential.value = encoded(credential);
  form.submit();
}

function enable(form) {
  const message = form.querySelector("[data-passkey-message]");
  const button = form.querySelector('[type="submit"]');

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    message.textContent = "";
    try {
      await run(form);
    } catch (error) {
      message.textContent = words(error, form.dataset.passkey === "create");
      autofill(form);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  form.hidden = false;
}

/** Offers passkeys where the address is typed. Silent when nothing comes of it: nobody asked. */
async function autofill(form) {
  if (!("passkeyAutofill" in form.dataset)) return;
  if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await run(form, "conditional").catch(() => {});
}

if (window.PublicKeyCredential) {
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  forms.forEach(enable);
  document.querySelectorAll("[data-passkey-without]").forEach((element) => (element.hidden = true));
  forms.forEach(autofill);
}
