"use strict";
// Draws the charts in the colours of the page, and again when it turns light or dark, narrow or wide, or is printed.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 620px)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  // The blue and the green of Okabe and Ito are too dark for dark paper.
  const onDark = { "#0072b2": "#4aa3df", "#009e73": "#2fc79a", "#d55e00": "#ef7f2e" };
  const config = { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "resetScale2d"]] };
  let isPrinted = false;

  function colours() {
    if (isPrinted) return { ink: "#1d2126", line: "#d8dce2", paper: "#fff" };
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return { ink: of("--ink"), line: of("--line"), paper: of("--paper") };
  }

  // Only what stands under a key "color" is one: a name may look like a colour, too.
  function recoloured(value, key) {
    if (typeof value === "string") return key === "color" ? (onDark[value] ?? value) : value;
    if (Array.isArray(value) || value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([inner, part]) => [inner, recoloured(part, inner)]));
  }

  function themed(figure) {
    const { ink, line, paper } = colours();
    const layout = { ...figure.layout, ...(narrow.matches ? figure.narrow : {}) };
    const found = { ...layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true };
    found.font = { ...layout.font, color: ink };
    found.legend = { ...layout.legend, bgcolor: "rgba(0,0,0,0)" };
    found.hoverlabel = { ...layout.hoverlabel, bgcolor: paper, bordercolor: line, font: { color: ink } };
    found.transition = { duration: still.matches ? 0 : 150 };
    if (narrow.matches) found.dragmode = false; // a finger that scrolls must not zoom
    for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
      found[key] = { ...layout[key], gridcolor: line, zerolinecolor: line, linecolor: line };
    }
    return found;
  }

  function draw() {
    for (const [identifier, figure] of Object.entries(charts)) {
      const place = document.getElementById(`chart-${identifier}`);
      place.style.height = `${figure.heights[narrow.matches ? 1 : 0]}px`;
      const data = dark.matches && !isPrinted ? figure.data.map((trace) => recoloured(trace, "")) : figure.data;
      Plotly.react(place, data, themed(figure), config);
    }
  }

  function printing(is) {
    isPrinted = is;
    draw();
  }

  draw();
  dark.addEventListener("change", draw);
  narrow.addEventListener("change", draw);
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details:not([open])")) folded.dataset.folded = folded.open = true;
    printing(true);
  });
  addEventListener("afterprint", () => {
    for (const folded of document.querySelectorAll("details[data-folded]")) {
      folded.open = false;
      delete folded.dataset.folded;
    }
    printing(false);
  });
})();
