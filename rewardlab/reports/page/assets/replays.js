"use strict";
// The players of recorded episodes. All texts are written as text; nothing of the data becomes an element.
(() => {
  const island = document.getElementById("replay-data");
  if (!island) return;
  const data = JSON.parse(island.textContent);
  const MILLISECONDS = 600;

  function signed(value) {
    if (value === 0) return "0";
    const digits = String(Number(Math.abs(value).toPrecision(4)));
    return `${value < 0 ? "−" : "+"}${digits}`;
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // A board of letters: what a terminal would colour stands between two marks, and here in an element of its own.
  function write(place, text) {
    place.replaceChildren();
    text.split("\u0002").forEach((part, index) => {
      const [first, ...rest] = part.split("\u0003");
      if (index === 0) {
        place.append(part.replaceAll("\u0003", ""));
      } else {
        if (first) place.append(element("mark", "", first));
        place.append(rest.join(""));
      }
    });
  }

  const inBrackets = (text) => text.replaceAll("\u0002", "[").replaceAll("\u0003", "]");

  function bar(cell, share) {
    const span = cell.querySelector("span");
    span.className = share < 0 ? "minus" : "plus";
    span.style.width = `${100 * Math.abs(share)}%`;
    span.style.left = share < 0 ? `${-100 * Math.abs(share)}%` : "0";
  }

  function player(root, episodes) {
    const find = (selector) => root.querySelector(selector);
    const [stage, image, letters, scrub] = [".stage", ".board img", ".board pre", "input[type=range]"].map(find);
    const [play, speed, caption, rows] = [".play", ".speed", ".caption", ".ledger tbody"].map(find);
    let episode = null;
    let place = 0;
    let timer = null;
    let lines = [];

    function row(name, amounts, className) {
      const made = element("tr", className);
      const head = element("th", "", name);
      head.scope = "row";
      const [now, cell, total] = [element("td"), element("td", "bar"), element("td")];
      cell.setAttribute("aria-hidden", "true");
      cell.append(element("div"));
      cell.firstChild.append(element("span"));
      made.append(head, now, cell, total);
      rows.append(made);
      return { amounts, now, cell, total };
    }

    function open(index) {
      stop();
      episode = episodes[index];
      find(".episodes").querySelectorAll("button").forEach((button, other) => {
        button.setAttribute("aria-pressed", String(other === index));
      });
      find(".told").textContent = episode.told.join(" ");
      stage.hidden = !episode.steps;
      if (stage.hidden) return;
      rows.replaceChildren();
      lines = episode.lines.map((line) => row(line.name, line, ""));
      lines.push(row("seen by the learner", episode.seen, "sum"), row("objective", episode.objective, ""));
      scrub.max = String(episode.steps.length - 1);
      mark();
      show(0);
    }

    function mark() {
      const marks = find(".marks");
      marks.replaceChildren();
      const last = Math.max(1, episode.steps.length - 1);
      episode.steps.forEach((step, index) => {
        const here = episode.marks.filter((one) => one.step === step);
        if (!here.length) return;
        const isExploit = here.some((one) => one.kind === "exploit");
        const sign = isExploit ? "★" : episode.seen.paid[index] < 0 ? "▾" : "▴";
        const made = element("span", isExploit ? "exploit" : "paid", sign);
        made.title = `step ${step}: ${here.map((one) => one.text).join("; ")}`;
        made.style.left = `${(100 * index) / last}%`;
        made.addEventListener("click", () => show(index));
        marks.append(made);
      });
    }

    function show(index) {
      place = Math.min(Math.max(index, 0), episode.steps.length - 1);
      const step = episode.steps[place];
      const last = episode.steps[episode.steps.length - 1];
      const text = episode.texts[place] === null ? "" : data.texts[episode.texts[place]];
      image.hidden = episode.images[place] === null;
      letters.hidden = !image.hidden || !text;
      if (!image.hidden) {
        image.src = data.images[episode.images[place]];
        image.alt = inBrackets(text) || "The board";
      }
      write(letters, letters.hidden ? "" : text);
      find(".letters").hidden = image.hidden || !text;
      write(find(".letters pre"), image.hidden ? "" : text);
      const largest = Math.max(...lines.map((line) => Math.max(...line.amounts.paid.map(Math.abs))), 1e-12);
      for (const line of lines) {
        line.now.textContent = step === 0 ? "" : signed(line.amounts.paid[place]);
        line.total.textContent = signed(line.amounts.total[place]);
        bar(line.cell, line.amounts.paid[place] / largest);
      }
      const shown = episode.marks.filter((one) => one.step === step && one.kind === "exploit").map((one) => one.text);
      const told = [step === 0 ? "Start" : `Step ${step} of ${last}: ${episode.actions[place]}`, episode.notes[place]];
      caption.textContent = [...told, ...shown].filter(Boolean).join("; ");
      scrub.value = String(place);
      scrub.setAttribute("aria-valuetext", `step ${step} of ${last}`);
    }

    function stop() {
      clearTimeout(timer);
      timer = null;
      play.textContent = "Play";
      caption.setAttribute("aria-live", "polite");
    }

    function tick() {
      if (place >= episode.steps.length - 1) return stop();
      show(place + 1);
      timer = setTimeout(tick, MILLISECONDS / Number(speed.value));
    }

    function toggle() {
      if (timer !== null) return stop();
      if (place >= episode.steps.length - 1) show(0);
      play.textContent = "Pause";
      // Who listens hears each step only when going step by step.
      caption.setAttribute("aria-live", "off");
      timer = setTimeout(tick, MILLISECONDS / Number(speed.value));
    }

    function go(index) {
      stop();
      show(index);
    }

    const keys = {
      ArrowLeft: () => go(place - 1),
      ArrowRight: () => go(place + 1),
      Home: () => go(0),
      End: () => go(episode.steps.length - 1),
      " ": toggle,
    };
    root.addEventListener("keydown", (event) => {
      const act = keys[event.key];
      const own = event.target.tagName === "SELECT" || (event.key === " " && /^(BUTTON|SUMMARY)$/.test(event.target.tagName));
      if (!act || own || stage.hidden || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      act();
    });
    scrub.addEventListener("input", () => go(Number(scrub.value)));
    play.addEventListener("click", toggle);
    find(".back").addEventListener("click", () => go(place - 1));
    find(".forward").addEventListener("click", () => go(place + 1));
    episodes.forEach((one, index) => {
      const button = element("button", "", one.label);
      button.type = "button";
      button.addEventListener("click", () => open(index));
      find(".episodes").append(button);
    });
    open(0);
  }

  document.querySelectorAll(".player").forEach((root, index) => player(root, data.players[index]));
})();
