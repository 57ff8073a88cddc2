// Passkeys: the browser signs what a form with data-passkey asks, then the form is sent. Needs webauthn-json.js.
// Such a form stays hidden where a browser has no script or no passkeys; [data-no-passkey] says so instead.
const reasons = {
  NotAllowedError: "Nothing was signed: it was cancelled, or it took too long. Try again.",
  InvalidStateError: "This device holds a passkey of your account already.",
  SecurityError: location.hostname === "127.0.0.1"
    ? `A passkey needs a name: open this page as ${location.href.replace("127.0.0.1", "localhost")}`
    : "The browser allows no passkey at this address.",
};

const asked = async (form) => {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (answer.status === 429) throw Object.assign(new Error(), { told: "Too many tries. Wait a minute." });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
};

const sign = async (form) => {
  const { creation_options: create, request_options: get } = await asked(form);
  if (!create) return webauthnJSON.get(get);
  // Every key is made to sign in by itself and to ask who holds it.
  create.publicKey.authenticatorSelection = {
    ...create.publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required",
  };
  return webauthnJSON.create(create);
};

const go = async (form) => {
  const told = form.querySelector("[data-told]");
  const button = form.querySelector("button");
  told.hidden = true;
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await sign(form));
    HTMLFormElement.prototype.submit.call(form);
  } catch (error) {
    told.firstElementChild.textContent = error.told ?? reasons[error.name] ?? "The browser could not use a passkey here.";
    told.hidden = false;
    button.disabled = false;
  }
};

document.addEventListener("DOMContentLoaded", () => {
  if (!webauthnJSON.supported()) return;
  for (const none of document.querySelectorAll("[data-no-passkey]")) none.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go(form);
    });
  }
});
