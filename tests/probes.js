// What the tests ask a page: defined in it as `probe`, once it is open.
() => {
  const g = window.glassgrad,
    nodes = g.trace.nodes,
    $ = (id) => document.getElementById(id),
    ratio = devicePixelRatio;
  const pixel = (canvas, x, y) => [
    ...$(canvas)
      .getContext("2d")
      .getImageData(Math.round((x * g.state.zoom + g.state.x) * ratio), Math.round((y * g.state.zoom + g.state.y) * ratio), 1, 1)
      .data,
  ];
  const plus = (a, b) => a.map((v, k) => v + b[k]);
  window.probe = {
    // the outline of a node's box on the upper canvas
    lit: (id) => {
      const b = g.shown(id);
      return [b.x - 2, b.x + b.width + 2].every((x) => pixel("top", x, b.y + b.height / 2)[3] > 60);
    },
    sameBox: (a, b) => g.shown(a) === g.shown(b),
    fill: (id) => {
      const b = g.shown(id);
      return pixel("base", b.x + 6, b.y + b.height / 2)
        .slice(0, 3)
        .join();
    },
    // how many lines are at the left side of a node's box, on a screen without colours
    lines: (id) => {
      const b = g.shown(id),
        grey = (x) =>
          pixel("base", x, b.y + b.height / 2)
            .slice(0, 3)
            .reduce((sum, v, k) => sum + v * [0.299, 0.587, 0.114][k], 0),
        line = Array.from({ length: 60 }, (_, i) => Math.abs(grey(b.x - 1 + i / 8) - grey(b.x + 6.4)) > 25 && i / 8 > 0.8);
      return line.filter((now, i) => now && !line[i - 1]).length;
    },
    // whether a node's box has a line through its middle
    struck: (id) => {
      const b = g.shown(id),
        at = (y) => pixel("base", b.x + b.width / 4, y).join();
      return at(b.y + b.height / 2 + 0.5 / g.state.zoom) !== at(b.y + b.height / 4);
    },
    said: () => ({ ...$("said").dataset, panel: $("panel").dataset.node }),
    step: () => g.state.step,
    steps: () => g.steps.length,
    chosen: () => g.state.chosen,
    boxes: () => g.boxes().map((b) => [b.kind, b.id]),
    unfold: () => g.open(g.trace.calls.map((c) => c.id)),
    // [from, to] for every edge drawn between nodes of the tape
    edges: () =>
      [...new Set(g.pieces().flatMap((p) => p.edges))]
        .map((e) => e.split(":")[0].split(">").map(Number))
        .filter(([from]) => !nodes[from].constant),
    // per node the sum of all contributions to it
    sums: () =>
      nodes
        .map((n) =>
          nodes.flatMap((m) =>
            m.operands.filter((o) => o.node === n.id && o.contribution).map((o) => o.contribution.numbers.map(Number)),
          ),
        )
        .map((given) => (given.length ? given.reduce(plus) : null)),
    grads: () => nodes.map((n) => n.grad?.numbers.map(Number)),
    now: () => {
      const s = g.steps[g.state.step - 1],
        n = nodes[s.id];
      return [s.phase, n.op, n.call === null ? "" : g.trace.calls[n.call].path];
    },
    toStep: (phase, id) => g.goto(g.steps.findIndex((s) => s.phase === phase && (id === null || s.id === id)) + 1),
    // the numbers in each element of a selector, as they are written
    numbers: (selector) =>
      [...document.querySelectorAll(selector)].map((e) =>
        (e.matches("b") ? [e] : [...e.querySelectorAll("td, b.number")]).map((c) => Number(c.textContent)),
      ),
    // whether the titles of all open calls lie above the active edges
    titled: () => {
      const open = g.boxes().filter((b) => b.kind === "open" && !b.part);
      return open.length > 0 && open.every((b) => pixel("top", b.x + 8, b.y + 12)[3] === 255);
    },
    // where on the screen the title of an open call is
    titleOf: (id) => {
      const b = g.boxes().find((b) => b.kind === "open" && b.id === id),
        r = $("top").getBoundingClientRect();
      return [r.left + g.state.x + (b.x + 20) * g.state.zoom, r.top + g.state.y + (b.y + 8) * g.state.zoom];
    },
    everywhere: () => {
      for (let i = 0; i <= g.steps.length; i++) g.goto(i);
      for (const n of nodes) g.reveal(n.id);
    },
    heading: (id) => {
      g.choose(id);
      return document.querySelector("#panel h2").textContent;
    },
    inject: () => {
      const s = document.createElement("script");
      s.textContent = "document.title = 'ran'";
      document.body.append(s);
      return document.title;
    },
    slide: (to) => {
      $("slider").value = to;
      $("slider").dispatchEvent(new Event("input"));
    },
    tags: (selector) => document.querySelectorAll(selector).length,
    width: () => document.documentElement.scrollWidth,
    dark: () => document.documentElement.classList.contains("dark"),
    focused: () => document.activeElement.id,
  };
};
