// Draws the charts of a run with uPlot, from the JSON in the page. Colours are the style sheet's, so that both themes have
// charts of their own; a chart without figures says so.
"use strict";
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const points = run.timeline;
  const seconds = points.map((p) => p.at_ms / 1000);
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();

  const short = (v) => {
    for (const [size, sign] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
      if (Math.abs(v) >= size) return +(v / size).toPrecision(3) + sign;
    }
    return String(+v.toPrecision(3));
  };
  const milliseconds = (v) => (v >= 1000 ? +(v / 1000).toPrecision(3) + " s" : +v.toPrecision(3) + " ms");
  const bytes = (v) => short(v) + "B";
  const percent = (v) => +v.toPrecision(2) + " %";
  const clock = (v) => Math.floor(v / 60) + ":" + String(Math.floor(v % 60)).padStart(2, "0");

  const rate = (p, n) => (n * 1000) / p.span_ms;
  const line = (label, stroke, of, more) => ({ label, stroke, values: points.map(of), ...more });

  // The histogram of a latency: a step from each edge to the next, in percent of all.
  const steps = (t) => {
    const x = t.histogram.map((b) => Math.max(b.from_ms, 0.0005));
    const y = t.histogram.map((b) => (100 * b.count) / t.count);
    if (t.count) {
      x.push(t.histogram.at(-1).to_ms);
      y.push(0);
    }
    return [x, y];
  };
  const timed = [
    ["to ack", "first", run.times.ack],
    ["to screen", "second", run.times.screen],
    ["to watcher", "third", run.times.watcher],
  ].filter(([, , t]) => t.count);
  const spread = timed.length ? uPlot.join(timed.map(([, , t]) => steps(t))).map((list) => Array.from(list, (v) => v ?? 0)) : [[]];
  const path = uPlot.paths.stepped({ align: 1 });

  const charts = {
    moves: { show: short, lines: [line("moves/s", "first", (p) => p.moves_per_second, { filled: true })] },
    latency: {
      show: milliseconds,
      log: true,
      lines: [
        line("p50", "third", (p) => p.ack_p50_ms),
        line("p90", "first", (p) => p.ack_p90_ms),
        line("p99", "second", (p) => p.ack_p99_ms),
        line("max", "fourth", (p) => p.ack_max_ms),
      ],
    },
    histogram: {
      show: percent,
      x: spread[0],
      showX: milliseconds,
      lines: timed.map(([label, stroke], i) => ({ label, stroke, values: spread[i + 1], path, filled: i === 0 })),
    },
    connects: {
      show: short,
      right: short,
      lines: [
        line("connects/s", "first", (p) => rate(p, p.connects)),
        line("back/s", "second", (p) => rate(p, p.reconnects)),
        line("bots", "third", (p) => p.bots, { right: true }),
      ],
    },
    errors: {
      show: short,
      lines: [
        line("refused/s", "first", (p) => rate(p, p.nacks)),
        line("failed/s", "second", (p) => rate(p, p.failures)),
        line("closed/s", "third", (p) => rate(p, p.closes)),
        line("broken promises/s", "fourth", (p) => rate(p, p.faults)),
      ],
    },
    cpu: {
      show: short,
      lines: [line("server", "first", (p) => p.server_cpu_cores), line("tester", "second", (p) => p.tester_cpu_cores)],
    },
    memory: {
      show: bytes,
      right: short,
      lines: [
        line("memory", "first", (p) => p.server_memory_bytes, { filled: true }),
        line("goroutines", "second", (p) => p.server_goroutines, { right: true }),
      ],
    },
    commits: {
      show: short,
      right: bytes,
      lines: [
        line("turns", "first", (p) => p.turns_per_commit),
        line("bytes", "second", (p) => p.bytes_per_commit, { right: true }),
      ],
    },
    commit: { show: milliseconds, lines: [line("commit", "first", (p) => p.commit_ms, { filled: true })] },
  };

  // Dashed lines where something happened to the run.
  const marks = (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = colour("bad");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const note of run.notes) {
      const x = u.valToPos(note.at_ms / 1000, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };

  const height = 220;
  const fromZero = (u, low, high) => [0, high > 0 ? high * 1.08 : 1];

  function options(chart, width) {
    const font = "12px system-ui, sans-serif";
    const axis = (more) => ({ stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font, ...more });
    const y = (scale, show, more) => axis({ scale, size: 62, values: (u, list) => list.map((v) => (v === null ? "" : show(v))), ...more });
    const showX = chart.showX ?? clock;
    const axes = [axis({ values: (u, list) => list.map((v) => (v === null ? "" : showX(v))), size: 32 }), y("y", chart.show)];
    if (chart.right) axes.push(y("right", chart.right, { side: 1, grid: { show: false } }));
    return {
      width,
      height,
      cursor: chart.x ? {} : { sync: { key: "run" } },
      scales: {
        x: chart.x ? { time: false, distr: 3 } : { time: false },
        y: chart.log ? { distr: 3 } : { range: fromZero },
        right: { range: fromZero },
      },
      axes,
      series: [
        { label: chart.x ? "from" : "time", value: (u, v) => (v == null ? "–" : showX(v)) },
        ...chart.lines.map((l) => {
          const show = l.right ? chart.right : chart.show;
          return {
            label: l.label,
            scale: l.right ? "right" : "y",
            stroke: colour(l.stroke),
            fill: l.filled ? colour(l.stroke) + "2e" : undefined,
            width: 1.75,
            paths: l.path,
            points: { show: points.length < 3 && !chart.x },
            value: (u, v) => (v == null ? "–" : show(v)),
          };
        }),
      ],
      hooks: chart.x ? {} : { draw: [marks] },
    };
  }

  function draw() {
    for (const [name, chart] of Object.entries(charts)) {
      const place = document.getElementById("chart-" + name);
      if (!place) continue;
      place.plot?.destroy();
      place.plot = undefined;
      place.textContent = "";
      if (!chart.lines.some((l) => l.values.some((v) => v !== null))) {
        const none = document.createElement("p");
        none.textContent = "Nothing of this was measured.";
        place.append(none);
        continue;
      }
      place.plot = new uPlot(options(chart, place.clientWidth), [chart.x ?? seconds, ...chart.lines.map((l) => l.values)], place);
    }
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.plot && target.plot.width !== target.clientWidth) target.plot.setSize({ width: target.clientWidth, height });
    }
  });
  for (const place of document.querySelectorAll(".chart")) resized.observe(place);
})();
