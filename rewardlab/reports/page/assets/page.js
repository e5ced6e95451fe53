"use strict";
// Draws the charts in the colours of the page, and again when the page turns light or dark.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const config = {
    responsive: true,
    displaylogo: false,
    modeBarButtons: [["toImage", "resetScale2d"]],
  };

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return { ink: of("--ink"), line: of("--line"), paper: of("--paper") };
  }

  function themed(layout) {
    const { ink, line, paper } = colours();
    const found = { ...layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
    found.font = { ...layout.font, color: ink };
    found.hoverlabel = { ...layout.hoverlabel, bgcolor: paper, bordercolor: line, font: { color: ink } };
    for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
      found[key] = { ...layout[key], gridcolor: line, zerolinecolor: line, linecolor: line };
    }
    return found;
  }

  function draw() {
    for (const [identifier, figure] of Object.entries(charts)) {
      const place = document.getElementById(`chart-${identifier}`);
      Plotly.react(place, figure.data, themed(figure.layout), config);
    }
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
