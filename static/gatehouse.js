// Two comforts, neither needed: copy buttons and a theme switch. Without a script both stay hidden and all else works.
// Loaded in <head> without `defer`, so that a chosen theme stands before the first paint.
const root = document.documentElement;
root.classList.add("js");

const themes = ["system", "light", "dark"];
const label = () => {
  for (const button of document.querySelectorAll("[data-theme-switch]")) button.textContent = `Theme: ${root.dataset.theme ?? "system"}`;
};
const show = (theme) => {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  label();
};
const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
const store = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* private window */ } };
show(new URLSearchParams(location.search).get("theme") ?? stored());
document.addEventListener("DOMContentLoaded", () => {
  label();
  // On a phone the tabs scroll sideways: the one shown comes into view.
  for (const current of document.querySelectorAll(":is(.tabs, .site nav, .segments) [aria-current]")) {
    const strip = current.closest("ul") ?? current.parentElement;
    const [inner, outer] = [current, strip].map((part) => part.getBoundingClientRect());
    strip.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
});

// A clipboard exists only on https and localhost: elsewhere the text is selected for the reader's own keys.
const copy = async (button) => {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent.trim());
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  if (event.target.closest("[data-theme-switch]")) {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    store(next);
    show(next);
  }
  // An open menu closes when the reader goes on elsewhere.
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
