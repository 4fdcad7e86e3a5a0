// What report.html can do with scripts: walk through a run, filter its pods, look closely at a chart. Everything that is
// shown stands in the page already, so nothing is lost without this file. Text only ever gets in through textContent.
(() => {
  "use strict";

  const make = (name, text) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // Walk through a run: a slider over the rows of its table, with the state at that moment above it.
  for (const steps of document.querySelectorAll(".steps")) {
    const rows = [...steps.querySelectorAll("tbody tr:not(.gap)")];
    if (rows.length === 0) continue;
    const names = [...steps.querySelectorAll("thead th")].map((th) => th.textContent);
    const slider = steps.querySelector("input");
    const now = steps.querySelector(".now");
    const box = steps.querySelector(".scroll");
    const show = (step, scroll) => {
      const cells = [...rows[step].children].map((cell) => cell.textContent);
      rows.forEach((row, n) => n === step ? row.setAttribute("aria-current", "step") : row.removeAttribute("aria-current"));
      const words = make("p");
      words.append(make("strong", cells[0]), ` ${cells[1]}`);
      const state = make("dl");
      for (let n = 2; n < cells.length; n++) {
        const pair = make("div");
        pair.append(make("dt", names[n]), make("dd", cells[n]));
        state.append(pair);
      }
      now.replaceChildren(words, state);
      slider.setAttribute("aria-valuetext", `step ${step + 1} of ${rows.length}, ${cells[0]}`);
      if (scroll) box.scrollTop = rows[step].offsetTop - box.clientHeight / 2;
    };
    const go = (step) => {
      slider.value = step;
      show(Number(slider.value), true);
    };
    slider.max = rows.length - 1;
    slider.addEventListener("input", () => show(Number(slider.value), true));
    steps.querySelector(".prev").addEventListener("click", () => go(Number(slider.value) - 1));
    steps.querySelector(".next").addEventListener("click", () => go(Number(slider.value) + 1));
    rows.forEach((row, n) => row.addEventListener("click", () => { slider.value = n; show(n, false); }));
    steps.querySelector(".stepper").hidden = false;
    show(0, false);
  }

  // Filter pods: rows in which every word of the filter stands.
  for (const pods of document.querySelectorAll(".pods")) {
    const rows = [...pods.querySelectorAll("tbody tr")];
    const texts = rows.map((row) => [...row.children].map((cell) => cell.textContent.toLowerCase()));
    const input = pods.querySelector("input");
    const count = pods.querySelector(".count");
    const filter = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
      // A number means a whole cell, so that 1 is not 10 or 00:31.4.
      const is = (cell, word) => /^\d+$/.test(word) ? cell === word : cell.includes(word);
      let shown = 0;
      rows.forEach((row, n) => {
        row.hidden = !words.every((word) => texts[n].some((cell) => is(cell, word)));
        if (!row.hidden) shown++;
      });
      count.textContent = words.length === 0 ? "" : `${shown} of ${rows.length} shown`;
    };
    input.addEventListener("input", filter);
    pods.querySelector(".filter").hidden = false;
  }

  // Look closely at a chart: larger, or drawn anew from the table behind it, with values under the mouse and a zoom.
  const length = (s) => {
    const whole = Math.round(s), pad = (n) => String(n).padStart(2, "0");
    if (whole < 60) return `${+s.toFixed(2)}s`;
    if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
    if (whole < 86400) return `${Math.floor(whole / 3600)}h${pad(Math.floor(whole / 60) % 60)}m`;
    return `${Math.floor(whole / 86400)}d${pad(Math.floor(whole / 3600) % 24)}h`;
  };
  const colours = ["#0072b2", "#d55e00", "#00795a", "#aa3377", "#b07800", "#3f8fc4", "#5e6570", "#7d5ba6"];

  // The columns of the table behind a chart: name, unit, values.
  const fromTable = (figure) => {
    const rows = [...figure.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
    const value = (text) => text === "" ? null : Number(text);
    const columns = [...figure.querySelectorAll("thead th")]
      .map((th, n) => ({ name: th.textContent, unit: th.dataset.unit, values: rows.map((row) => value(row[n])) }))
      .filter((column) => column.values.every((value) => !Number.isNaN(value)));
    // An axis has one unit: that of the first curve.
    return columns.filter((column, n) => n === 0 || column.unit === columns[1].unit);
  };
  // The lines of a drawing, over one x.
  const fromLines = ({ x, y, lines }) => {
    const [all, ...values] = uPlot.join(lines.map((line) => [line.x, line.y]));
    const rest = values.map((of, n) => ({ name: lines[n].name, unit: y.unit, values: of }));
    return [{ name: x.label, unit: x.unit, values: all }, ...rest];
  };

  const draw = (figure, live) => {
    const lines = document.getElementById(`${figure.id}-lines`);
    const columns = lines === null ? fromTable(figure) : fromLines(JSON.parse(lines.textContent));
    const shown = (unit) => (u, value) => value == null ? "–" : unit === "s" ? length(value)
      : unit === "share" ? `${+(100 * value).toFixed(2)} %` : `${+value.toFixed(3)}`;
    const round = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
    const axis = (unit, size) => ({
      values: (u, values) => values.map((value) => shown(unit)(u, value)), size,
      ...(unit === "s" ? { incrs: [0.001, 0.01, 0.1, 0.2, 0.5, ...round] } : {}),
    });
    const series = columns.map(({ name, unit }, n) => n === 0 ? { label: name, value: shown(unit) } : {
      label: name, stroke: colours[(n - 1) % colours.length], width: 1.5, value: shown(unit), spanGaps: true,
      paths: figure.dataset.steps === undefined ? undefined : uPlot.paths.stepped({ align: 1 }), points: { show: false },
    });
    return new uPlot({
      width: Math.max(300, live.clientWidth - 16), height: 320, series, scales: { x: { time: false } },
      axes: [axis(columns[0].unit, 40), axis(columns[1].unit, 64)],
      hooks: { setScale: [(u) => { live.dataset.shown = `${u.scales.x.min} ${u.scales.x.max}`; }] },
    }, columns.map((column) => column.values), live);
  };

  for (const figure of document.querySelectorAll("figure.chart")) {
    const drawing = figure.querySelector(".drawing");
    const enlarge = figure.querySelector(".enlarge");
    enlarge.addEventListener("click", () => enlarge.setAttribute("aria-pressed", drawing.classList.toggle("wide")));
    const explore = figure.querySelector(".explore");
    const live = figure.querySelector(".live");
    let plot = null;
    explore?.addEventListener("click", () => {
      live.hidden = !live.hidden;
      drawing.hidden = enlarge.hidden = !live.hidden;
      explore.setAttribute("aria-expanded", !live.hidden);
      explore.textContent = live.hidden ? "Zoom and read values" : "Back to the picture";
      if (!live.hidden && plot === null) {
        live.append(make("p", "Drag to zoom, double click to see all; click a name to hide its line."));
        plot = draw(figure, live);
      }
    });
    figure.querySelector(".tools").hidden = false;
  }
})();
