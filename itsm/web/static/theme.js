// Chooses light or dark before the first paint, so that no page flashes.
const wanted = document.documentElement.dataset.theme;
if (wanted === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches) {
  document.documentElement.dataset.bsTheme = "dark";
}
