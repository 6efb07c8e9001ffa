/* Draws the figures of a page from the data inside it, filters them, and makes pictures
   of them. No request is made: what is shown, and what is downloaded, came with the page. */
(() => {
  "use strict";
  const page = JSON.parse(document.getElementById("data").textContent);
  const about = JSON.parse(document.getElementById("about").textContent);
  const form = document.getElementById("filters");
  const figures = new Map(page.figures.map((one) => [one.name, one]));
  const DASH = "–", AND = " | ", FEWER = "fewer than 10", MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const state = { ...page.filters };
  let kept = new URLSearchParams();

  // ---- words: as report/site/figures.py says them -------------------------------------
  const grouped = (number) => number.toLocaleString("en-GB");
  const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)}%`;
  const month = (text) => `${MONTHS[Number(text.slice(5, 7)) - 1]} ${text.slice(0, 4)}`;
  function inWords(value, kind) {
    if (value === null || value === undefined) return DASH;
    if (kind === "count") return value === FEWER ? value : grouped(value);
    if (kind === "percent") return percent(value);
    if (kind === "points") {
      const points = Math.round(value * 1000) / 10 + 0;
      return (points < 0 ? "" : "+") + points.toFixed(1);
    }
    if (kind === "ratio") return value < 100 ? value.toFixed(2) : grouped(Math.round(value));
    if (kind === "measure") return value.toFixed(3);
    if (kind === "month") return month(value);
    return String(value);
  }
  const isKnown = (count) => count !== null && count !== FEWER;
  function isChosen(value, wanted) {
    const text = String(value);
    if (wanted === "all" || text === wanted) return true;
    return wanted.includes("-Q") && text.length === 7 && text.slice(0, 4) === wanted.slice(0, 4)
      && Math.floor((Number(text.slice(5)) - 1) / 3) + 1 === Number(wanted.slice(-1));
  }

  // ---- rows ---------------------------------------------------------------------------
  const asObject = (figure, row) =>
    Object.fromEntries(figure.columns.map(([name], at) => [name, row[at]]));
  function rowsOf(figure) {
    if (figure.by.includes("other")) return compared();
    if (!figure.objects) figure.objects = figure.rows.map((row) => asObject(figure, row));
    return figure.objects.filter((row) =>
      figure.by.every((name) => !(name in row) || isChosen(row[name], state[name])));
  }
  // This model and the other, in the categories that both show; `estimates` is a script.
  function compared() {
    const key = (row) => `${row.label}${AND}${row.reference}`;
    const others = new Map((estimates[`model-${state.other}`] ?? []).map(([label, reference, ...rest]) => [key({ label, reference }), rest]));
    const names = ["other_stated", "other_odds_ratio", "other_low", "other_high", "other_is_significant"];
    return rowsOf(figures.get("forest")).map((row) => {
      const other = others.get(key(row)) ?? [];
      return { ...row, ...Object.fromEntries(names.map((name, at) => [name, other[at] ?? null])) };
    }).filter((row) => row.odds_ratio !== null && row.other_odds_ratio !== null).sort((a, b) => distance(b) - distance(a));
  }
  const distance = (row) => Math.max(
    row.is_significant ? Math.abs(Math.log(row.odds_ratio)) : 0,
    row.other_is_significant ? Math.abs(Math.log(row.other_odds_ratio)) : 0);
  function sentenceOf(figure) {
    const names = figure.options.said_of || figure.by;
    const values = names.map((name) => state[name]);
    return figure.sentences[values.join(AND)] ?? figure.options.unsaid ?? "";
  }
  const visible = (figure) => figure.columns.filter(([, label]) => label);
  const stated = (figure, row) => visible(figure)
    .map(([name, label, kind]) => `${label.trim()}: ${inWords(row[name], kind)}`).join("; ");
  const isMarked = (figure, row) => {
    const wanted = state[figure.options.mark_by];
    return wanted !== undefined && wanted !== "all"
      && [row.category, row.bcu, row.crime_area, row.force, figure.by.includes("area") ? null : row.area].includes(wanted);
  };

  // ---- drawing ------------------------------------------------------------------------
  const pen = document.createElement("canvas").getContext("2d");
  const FONT = "12px system-ui, sans-serif";
  function widthOf(text, bold = false) {
    pen.font = (bold ? "600 " : "") + FONT;
    return pen.measureText(text).width;
  }
  const INK = "var(--ink)", SOFT = "var(--soft)", RULE = "var(--rule)", BLUE = "var(--blue)",
    ORANGE = "var(--orange)", GREY = "var(--grey)", PURPLE = "var(--purple)";
  const base = (width, height, more) => ({
    width, height, style: { fontSize: "12px", fontFamily: "system-ui, sans-serif" }, ...more,
  });
  const wrapped = (text, width) => {
    const lines = [];
    let line = "";
    for (const word of text.split(" ")) {
      if (line && widthOf(`${line} ${word}`) > width) { lines.push(line); line = word; }
      else line = line ? `${line} ${word}` : word;
    }
    return [...lines, line];
  };
  function tip(rows, channels, text, pointer = Plot.pointer) {
    return Plot.tip(rows, pointer({
      ...channels, title: text, fontSize: 12, stroke: GREY, fill: "var(--paper)", textColor: INK, lineWidth: 26,
    }));
  }
  const lines = (pairs) => pairs.filter(Boolean).join("\n");

  /* Rows with a label each: next to the plot where there is space, above the mark where
     not. `items` are {label, head} headings or {label, row, bold} rows. */
  function layout(items, width, { right = 0, most = 300, tall = 24, thick = false } = {}) {
    const narrow = width < 600;
    const room = narrow ? 14 : Math.min(most, 20 + Math.max(...items.map((one) => widthOf(one.label, one.head || one.bold))));
    let at = 4;
    for (const one of items) {
      one.lines = wrapped(one.label, narrow ? width - 24 : room - 12);
      const extra = (one.lines.length - 1) * 14;
      if (one.head) { one.y = at + 15; at += 24 + extra; }
      else if (narrow) { one.text = at + 9; one.y = at + (thick ? 29 : 24) + extra; at += (thick ? 46 : 40) + extra; }
      else { one.y = at + (tall + extra) / 2; at += tall + extra; }
    }
    const marginTop = 8, marginBottom = 46, height = at + marginTop + marginBottom;
    return {
      narrow, labels: textAt(items, narrow),
      options: (more) => base(width, height, {
        marginLeft: room, marginRight: Math.max(right, 14), marginTop, marginBottom,
        y: { domain: [0, at], range: [marginTop, marginTop + at], axis: null }, ...more,
      }),
    };
  }
  function textAt(items, narrow) {
    const common = { text: (d) => d.lines.join("\n"), frameAnchor: "left", fill: INK, lineHeight: 1.15 };
    const y = (d) => (narrow && !d.head ? d.text + (d.lines.length - 1) * 7 : d.y);
    const make = (chosen, fontWeight) => Plot.text(chosen, narrow
      ? { ...common, y, fontWeight, textAnchor: "start", dx: -12 }
      : { ...common, y, fontWeight, textAnchor: "end", dx: -10 });
    return [
      make(items.filter((one) => one.head || one.bold), 600),
      make(items.filter((one) => !one.head && !one.bold), 400),
    ];
  }
  const percentAxis = (label) => ({ label, labelAnchor: "center", labelArrow: "none", tickFormat: (d) => `${Math.round(d * 100)}%` });
  const niceStart = (value) => (value < 0.2 ? 0 : Math.floor(value * 20 - 0.01) / 20);
  const niceEnd = (value) => Math.min(1, Math.ceil(value * 20 + 0.01) / 20);

  const SYMBOLS = {
    higher: ["triangle", ORANGE, "higher than the rest"],
    lower: ["down", BLUE, "lower than the rest"],
    none: ["circle", GREY, "no mark"],
  };
  const shape = (name) => (name === "down" ? { symbol: "triangle", rotate: 180 } : { symbol: name });
  const ofMark = (mark) => SYMBOLS[mark] || SYMBOLS.none;
  function symbolKey(entries) {
    const list = document.createElement("ul");
    list.className = "key";
    for (const [symbol, colour, label, kind] of entries) {
      const item = document.createElement("li");
      const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      drawn.setAttribute("viewBox", "-8 -8 16 16");
      drawn.setAttribute("aria-hidden", "true");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const shapes = {
        square: "M-7,-7h14v14h-14z", line: "M-8,0h16", dashed: "M-8,0h5m3,0h5", dotted: "M-8,0h2m3,0h2m3,0h2m3,0h2", circle: d3.symbol(d3.symbolCircle, 90)(),
        tick: "M0,-7v14", hollow: d3.symbol(d3.symbolCircle, 70)(),
        triangle: d3.symbol(d3.symbolTriangle, 80)(), down: "M0,7L7,-5L-7,-5Z",
        diamond: d3.symbol(d3.symbolDiamond, 80)(), hatched: "M-7,-7h14v14h-14zM-7,1L1,-7M-7,7L7,-7M-1,7L7,-1",
      };
      path.setAttribute("d", shapes[symbol] || shapes.circle);
      const isLine = ["line", "dashed", "dotted", "tick", "hollow", "hatched"].includes(symbol);
      path.setAttribute("fill", isLine ? "none" : colour);
      path.setAttribute("stroke", isLine || kind === "edged" ? (kind === "edged" ? GREY : colour) : "none");
      path.setAttribute("stroke-width", isLine && symbol !== "hatched" ? 2 : 1);
      drawn.append(path);
      item.append(drawn, label);
      list.append(item);
    }
    return list;
  }

  // The narrowest that a hidden part is drawn, and the pattern that it is filled with.
  const LEAST_HIDDEN = 0.01;
  function hatch() {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "defs");
    made.innerHTML = '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0,0v6" stroke="var(--grey)" stroke-width="1.5"/></pattern>';
    return made;
  }

  const charts = {
    rates(figure, rows, width) {
      const o = figure.options, R = o.rate || "withdrawal_rate", L = o.low || "ci_low", H = o.high || "ci_high";
      const items = [];
      let group = null;
      for (const row of rows) {
        if (o.group && row[o.group] !== group) { group = row[o.group]; items.push({ label: group, head: true }); }
        items.push({ label: row[o.category], row, bold: isMarked(figure, row) });
      }
      const known = items.filter((one) => one.row && one.row[R] !== null);
      if (!known.length) return null;
      const line = o.by_key ? o.by_key[figure.by.map((name) => state[name]).join(AND)] : o.lines ? o.lines[state.area] : o.line;
      const place = layout(items, width);
      const few = items.filter((one) => one.row && one.row[R] === null);
      const svg = Plot.plot(place.options({
        x: { domain: [niceStart(d3.min(known, (d) => d.row[L])), niceEnd(d3.max(known, (d) => d.row[H]))], ...percentAxis(o.axis || "Share of cases, with 95% interval") },
        marks: [
          Plot.gridX({ stroke: RULE, strokeOpacity: 1 }),
          line ? Plot.ruleX([line], { stroke: INK, strokeDasharray: "4,3" }) : null,
          o.against ? Plot.ruleX(known.filter((d) => d.row[o.against] !== null), { x: (d) => d.row[o.against], y1: (d) => d.y - 8, y2: (d) => d.y + 8, stroke: INK, strokeWidth: 2 }) : null,
          Plot.ruleY(known, { y: "y", x1: (d) => d.row[L], x2: (d) => d.row[H], stroke: (d) => ofMark(d.row[o.mark])[1], strokeWidth: 2 }),
          ...["higher", "lower", "none"].map((mark) => Plot.dot(
            known.filter((d) => ofMark(d.row[o.mark]) === SYMBOLS[mark]),
            { y: "y", x: (d) => d.row[R], ...shape(SYMBOLS[mark][0]), fill: SYMBOLS[mark][1], r: mark === "none" ? 4.5 : 5.5 })),
          Plot.dot(known.filter((d) => d.bold && state[o.mark_by] !== "All crime"), { y: "y", x: (d) => d.row[R], r: 9, stroke: ORANGE, strokeWidth: 2 }),
          Plot.text(few, { y: "y", text: () => "too few for a share", frameAnchor: "left", dx: 4, fill: SOFT, fontStyle: "italic" }),
          ...place.labels,
          tip(known, { x: (d) => d.row[R], y: "y" }, (d) => lines([
            d.row[o.category], `${percent(d.row[R])} (${percent(d.row[L])} to ${percent(d.row[H])})`,
            "cases" in d.row ? `${inWords(d.row.cases, "count")} cases` : null,
            o.mark && d.row[o.mark] ? `${d.row[o.mark]} than the rest` : null,
          ]), Plot.pointerY),
        ],
      }));
      const key = [];
      if (o.mark) key.push(SYMBOLS.higher, SYMBOLS.lower, ["circle", GREY, "not marked as apart from the rest at 99%"]);
      if (line) key.push(["dashed", INK, `${o.by_key ? "England and Wales" : `all cases${state.area && o.lines ? " of the crime area" : ""}`}: ${percent(line)}`]);
      if (o.against) key.push(["tick", INK, o.against_label]);
      return [symbolKey(key), svg];
    },

    flow(figure, rows, width) {
      const o = figure.options, L = o.left || "crime_reports_left", R = o.removed || "crime_reports_removed";
      const items = rows.map((row) => ({ label: row.step, row, left: row[L], removed: isKnown(row[R]) ? row[R] : 0 }));
      const place = layout(items, width, { right: 90, thick: true });
      const known = items.filter((one) => isKnown(one.left));
      if (!known.length) return null;
      const cut = known.filter((one) => one.removed);
      const svg = Plot.plot(place.options({
        x: { label: o.what || "Crime reports", labelAnchor: "center", labelArrow: "none", tickFormat: (d) => grouped(d), ticks: width < 600 ? 3 : 6, domain: [0, d3.max(known, (d) => d.left + d.removed)] },
        marks: [
          Plot.rect(known, { x1: 0, x2: "left", y1: (d) => d.y - 9, y2: (d) => d.y + 9, fill: BLUE }),
          Plot.rect(cut, { x1: "left", x2: (d) => d.left + d.removed, y1: (d) => d.y - 9, y2: (d) => d.y + 9, fill: "none", stroke: ORANGE, strokeWidth: 1.5, insetLeft: 1 }),
          Plot.text(known, { x: (d) => d.left + d.removed, y: "y", text: (d) => (d.removed ? `−${grouped(d.removed)}` : d.row[R] === FEWER ? "− under 10" : grouped(d.left)), textAnchor: "start", dx: 6, fill: INK }),
          ...place.labels,
          tip(known, { x: "left", y: "y" }, (d) => lines([d.row.step, `${grouped(d.left)} left`, `${inWords(d.row[R], "count")} removed`]), Plot.pointerY),
        ],
      }));
      return [symbolKey([["square", BLUE, "left"], ["square", "transparent", "removed in this step", "edged"]]), svg];
    },

    stack(figure, rows, width) {
      const o = figure.options;
      const colours = o.ordered
        ? o.parts.map((_, at) => (o.parts[at] === "Unknown" ? ["var(--grey)", "var(--paper)"] : [`var(--b${at + 1})`, `var(--b${at + 1}-ink)`]))
        : [["var(--sky)", "#0c1116"], ["var(--s2)", "var(--s2-ink)"], ["var(--yellow)", "#0c1116"], ["var(--grey)", "var(--paper)"]];
      const items = [], bars = [], rest = [];
      for (const [name, own] of d3.group(rows, (row) => row[o.category])) {
        const item = { label: name, row: own[0], bold: isMarked(figure, own[0]) };
        items.push(item);
        /* Shares of counts that are rounded one by one need not add up: those shown fill the
           bar, less what is not shown, which is drawn last and wide enough to see. */
        const sum = d3.sum(own, (row) => row[o.share] ?? 0);
        const hidden = own.some((row) => row[o.share] === null) ? Math.max(LEAST_HIDDEN, 1 - sum) : 0;
        let at = 0;
        for (const part of o.parts) {
          const row = own.find((one) => one[o.part] === part);
          if (!row?.[o.share]) continue;
          bars.push({ item, row, part, from: at, to: (at += row[o.share] * (1 - hidden) / sum) });
        }
        if (hidden) rest.push({ item, from: at, to: 1, share: at ? hidden : 1, parts: own.filter((row) => row[o.share] === null).map((row) => row[o.part]) });
      }
      if (!bars.length) return null;
      const place = layout(items, width, { tall: 27, thick: true });
      const colour = (d) => colours[o.parts.indexOf(d.part)];
      const plotted = width - (place.narrow ? 20 : 260);
      const svg = Plot.plot(place.options({
        x: { domain: [0, 1], ...percentAxis("Share") },
        marks: [
          Plot.rect(bars, { x1: "from", x2: "to", y1: (d) => d.item.y - 10, y2: (d) => d.item.y + 10, fill: (d) => colour(d)[0], stroke: "var(--paper)", strokeWidth: 1 }),
          Plot.text(bars.filter((d) => (d.to - d.from) * plotted > 34), { x: (d) => (d.from + d.to) / 2, y: (d) => d.item.y, text: (d) => percent(d.row[o.share], 0), fill: (d) => colour(d)[1] }),
          hatch,
          Plot.rect(rest, { x1: "from", x2: "to", y1: (d) => d.item.y - 10, y2: (d) => d.item.y + 10, fill: "url(#hatch)", stroke: GREY, strokeWidth: 1, className: "not-shown" }),
          Plot.text(rest.filter((d) => (d.to - d.from) * plotted > 70), { x: (d) => (d.from + d.to) / 2, y: (d) => d.item.y, text: () => "too few", fill: INK, stroke: "var(--paper)", strokeWidth: 4, fontStyle: "italic" }),
          ...place.labels,
          tip(rest, { x: (d) => (d.from + d.to) / 2, y: (d) => d.item.y }, (d) => lines([d.item.label, `fewer than 10, or too few for a share: ${d.parts.join(", ")}`])),
          tip(bars, { x: (d) => (d.from + d.to) / 2, y: (d) => d.item.y }, (d) => lines([d.item.label, `${d.part}: ${percent(d.row[o.share])}`])),
        ],
      }));
      const key = o.parts.map((part, at) => ["square", colours[at][0], part, "edged"]);
      if (rest.length) key.push(["hatched", GREY, "fewer than 10, or too few for a share", "edged"]);
      return [symbolKey(key), svg];
    },

    grid(figure, rows, width) {
      const o = figure.options;
      const ys = o.ys.filter((one) => rows.some((row) => row[o.y] === one));
      const room = Math.min(width < 600 ? 104 : 190, 16 + Math.max(...ys.map((one) => widthOf(one))));
      const tall = width < 600 ? 36 : 30;
      const own = Math.max(width, room + o.xs.length * (o.is_score ? 86 : 54));
      const known = rows.filter((row) => row[o.value] !== null);
      if (!known.length) return null;
      const classes = o.is_score ? [0.9, 0.95, 0.98, 0.995] : quantiles(known.map((row) => row[o.value]));
      const at = (row) => d3.bisectRight(classes, row[o.value]);
      const step = (row) => (o.is_score ? 5 - at(row) : at(row) + 1);
      const sign = { higher: " ▲", lower: " ▼" };
      const isOn = (row) => (o.mark_x && state[o.mark_x] === row[o.x]) || (o.mark_y && state[o.mark_y] === row[o.y] && state[o.mark_y] !== "All crime");
      const svg = Plot.plot(base(own, tall * ys.length + 52, {
        marginLeft: room, marginTop: 44, marginBottom: 6, marginRight: 4, padding: 0.04,
        x: { domain: o.xs, axis: "top", label: null, tickSize: 0, tickFormat: (d) => (o.is_score ? d : d.replace(" ", "\n")) },
        y: { domain: ys, label: null, tickSize: 0, tickFormat: (d) => wrapped(d.replaceAll("_", " "), room - 12).join("\n") },
        marks: [
          Plot.cell(known, { x: o.x, y: o.y, fill: (row) => `var(--s${step(row)})`, stroke: (row) => (isOn(row) ? INK : "none"), strokeWidth: 1.5 }),
          Plot.text(known, { x: o.x, y: o.y, text: (row) => percent(row[o.value], o.is_score ? 1 : 0) + (sign[row[o.mark]] || ""), fill: (row) => `var(--s${step(row)}-ink)`, fontWeight: (row) => (row[o.mark] ? 700 : 400) }),
          Plot.text(rows.filter((row) => row[o.value] === null), { x: o.x, y: o.y, text: (row) => (row.failing === FEWER && isKnown(row.checks) ? "under 10" : DASH), fill: SOFT }),
          tip(rows, { x: o.x, y: o.y }, (row) => lines(visible(figure).map(([name, label, kind]) => `${label}: ${inWords(row[name], kind)}`))),
        ],
      }));
      const key = classKey(classes, o.is_score ? [5, 4, 3, 2, 1] : [1, 2, 3, 4, 5]);
      if (o.mark) key.push(["", "", "▲ higher, ▼ lower than the rest at 99%"]);
      key.push(["", "", `${DASH} too few${o.is_score ? "; under 10: fewer than 10 checks failed" : ""}`]);
      return [symbolKey(key.filter(([symbol]) => symbol)), note(key.filter(([symbol]) => !symbol).map((one) => one[2]).join("; ")), svg];
    },

    tiles(figure, rows, width) {
      const value = state.level === "bcu" ? "bcu_rate" : "withdrawal_rate";
      const known = rows.filter((row) => row[value] !== null);
      if (!known.length) return null;
      const classes = quantiles(known.map((row) => row[value]));
      const columns = d3.max(rows, (row) => row.column) + 1, high = d3.max(rows, (row) => row.row) + 1;
      const size = Math.max(34, Math.min(76, (width - 4) / columns));
      const at = (row) => d3.bisectRight(classes, row[value]) + 1;
      const by = new Map(rows.map((row) => [`${row.column},${row.row}`, row]));
      const edges = [];
      for (let x = 0; x <= columns; x++) for (let y = 0; y <= high; y++) {
        const here = by.get(`${x},${y}`), left = by.get(`${x - 1},${y}`), above = by.get(`${x},${y - 1}`);
        if ((here || left) && here?.bcu !== left?.bcu) edges.push({ x1: x, x2: x, y1: y, y2: y + 1 });
        if ((here || above) && here?.bcu !== above?.bcu) edges.push({ x1: x, x2: x + 1, y1: y, y2: y });
      }
      const fill = (row) => (row[value] === null ? "var(--panel)" : `var(--s${at(row)})`);
      const ink = (row) => (row[value] === null ? SOFT : `var(--s${at(row)}-ink)`);
      const sign = (row) => (state.level !== "bcu" && { higher: "▲", lower: "▼" }[row.significance]) || "";
      const marked = rows.filter((row) => isMarked(figure, row));
      const svg = Plot.plot(base(size * columns + 4, size * high + 4, {
        margin: 2, x: { domain: [0, columns], axis: null }, y: { domain: [0, high], axis: null, reverse: true },
        marks: [
          Plot.rect(rows, { x1: "column", x2: (d) => d.column + 1, y1: "row", y2: (d) => d.row + 1, fill, inset: 1 }),
          Plot.link(edges, { x1: "x1", x2: "x2", y1: "y1", y2: "y2", stroke: INK, strokeWidth: 2, strokeLinecap: "square" }),
          Plot.rect(marked, { x1: "column", x2: (d) => d.column + 1, y1: "row", y2: (d) => d.row + 1, stroke: ORANGE, strokeWidth: 4, inset: 3, fill: "none" }),
          Plot.text(rows, { x: (d) => d.column + 0.5, y: (d) => d.row + 0.36, text: "short", fill: ink, fontWeight: 600 }),
          Plot.text(rows, { x: (d) => d.column + 0.5, y: (d) => d.row + 0.68, text: (d) => (d[value] === null ? DASH : percent(d[value], 0) + sign(d)), fill: ink }),
          tip(rows, { x: (d) => d.column + 0.5, y: (d) => d.row + 0.5 }, (d) => lines([d.category, d.bcu, `${inWords(d.withdrawal_rate, "percent")} of ${inWords(d.cases, "count")} cases`, d.significance ? `${d.significance} than the rest` : null, `its BCU: ${inWords(d.bcu_rate, "percent")}`])),
        ],
      }));
      return [symbolKey(classKey(classes, [1, 2, 3, 4, 5])), note("Thick lines part BCUs. ▲ higher, ▼ lower than the rest of London at 99%."), svg];
    },

    funnel(figure, rows, width) {
      const known = d3.sort(rows.filter((row) => row.adjusted_rate !== null && row.funnel_low_95 !== null), (row) => row.cases);
      if (!known.length) return null;
      const outside = (row) => row.position !== "inside";
      const symbol = (row) => (row.position?.startsWith("above") ? SYMBOLS.higher : row.position?.startsWith("below") ? SYMBOLS.lower : SYMBOLS.none);
      const named = known.filter((row) => width >= 600 || outside(row) || isMarked(figure, row));
      const [low, high] = d3.extent(known.flatMap((row) => [row.funnel_low_998, row.funnel_high_998, row.adjusted_rate]));
      const [fewest, most] = d3.extent(known, (row) => row.cases);
      const ends = [fewest - (most - fewest || most) * 0.04, most + (most - fewest || most) * 0.04];
      const heights = [Math.max(0, low - 0.01), Math.min(1, high + 0.01)], tall = width < 600 ? 320 : 400;
      const placed = spread(named, known, ends, heights, { width: width - (width < 600 ? 70 : 140), height: tall - 56 }, width);
      const limit = (y, more) => Plot.lineY(known, { x: "cases", y, stroke: INK, ...more });
      const svg = Plot.plot(base(width, tall, {
        marginLeft: 50, marginRight: width < 600 ? 20 : 90, marginBottom: 42, marginTop: 14,
        x: { domain: ends, label: "Cases", labelAnchor: "center", labelArrow: "none", tickFormat: (d) => grouped(d), ticks: width < 600 ? 3 : 8 },
        y: { domain: heights, tickFormat: (d) => percent(d, high - low < 0.06 ? 1 : 0), label: null },
        marks: [
          Plot.gridY({ stroke: RULE, strokeOpacity: 1 }),
          Plot.areaY(known, { x: "cases", y1: "funnel_low_998", y2: "funnel_high_998", fill: "var(--s1)" }),
          ...["funnel_low_998", "funnel_high_998"].map((y) => limit(y)),
          ...["funnel_low_95", "funnel_high_95"].map((y) => limit(y, { strokeDasharray: "4,3" })),
          Plot.ruleY([known[0].area_rate], { stroke: INK }),
          ...["triangle", "down", "circle"].map((kind) => Plot.dot(known.filter((row) => symbol(row)[0] === kind), { x: "cases", y: "adjusted_rate", ...shape(kind), fill: (row) => symbol(row)[1], r: 5.5 })),
          Plot.dot(known.filter((row) => isMarked(figure, row)), { x: "cases", y: "adjusted_rate", r: 10, stroke: ORANGE, strokeWidth: 2.5 }),
          ...placed.map((d) => Plot.text([d], { x: "cases", y: "adjusted_rate", text: "category", textAnchor: d.anchor, dx: d.dx, dy: d.dy, fill: INK, stroke: "var(--paper)", strokeWidth: 3 })),
          tip(known, { x: "cases", y: "adjusted_rate" }, (d) => lines([d.category, `adjusted ${percent(d.adjusted_rate)}, observed ${percent(d.withdrawal_rate)} of ${grouped(d.cases)} cases`, d.position])),
        ],
      }));
      return [symbolKey([["line", INK, "99.8% limits"], ["dashed", INK, "95% limits"], ["triangle", ORANGE, "above a limit"], ["down", BLUE, "below a limit"], ["circle", GREY, "inside"]]), svg];
    },

    control(figure, rows, width) {
      const known = rows.filter((row) => row.withdrawal_rate !== null);
      if (!known.length) return null;
      const all = rows.flatMap((row) => [row.withdrawal_rate, row.expected_rate, row.lower_limit, row.upper_limit]).filter((one) => one !== null);
      const [low, high] = d3.extent(all);
      const months = rows.map((row) => row.month);
      const every = Math.ceil(months.length / Math.max(2, Math.floor(width / 68)));
      const svg = Plot.plot(base(width, width < 600 ? 300 : 360, {
        marginLeft: 48, marginRight: 16, marginBottom: 34, marginTop: 12,
        x: { type: "point", domain: months, label: null, ticks: months.filter((_, at) => at % every === 0), tickFormat: month },
        y: { domain: [Math.max(0, low - 0.02), Math.min(1, high + 0.02)], label: null, ticks: 6, tickFormat: (d) => percent(d, high - low < 0.01 ? 1 : 0) },
        marks: [
          Plot.gridY({ ticks: 6, stroke: RULE, strokeOpacity: 1 }),
          Plot.line(rows, { x: "month", y: "centre_line", stroke: INK }),
          ...["lower_limit", "upper_limit"].map((y) => Plot.line(rows, { x: "month", y, stroke: INK, strokeDasharray: "5,4" })),
          Plot.line(rows, { x: "month", y: "expected_rate", stroke: PURPLE, strokeWidth: 3, strokeDasharray: "0,7", strokeLinecap: "round" }),
          Plot.line(rows, { x: "month", y: "withdrawal_rate", stroke: BLUE, strokeWidth: 2 }),
          Plot.dot(known.filter((row) => !row.marks), { x: "month", y: "withdrawal_rate", fill: (row) => (row.maturing ? "var(--paper)" : BLUE), stroke: BLUE, r: 4 }),
          Plot.dot(known.filter((row) => row.marks), { x: "month", y: "withdrawal_rate", symbol: "diamond", fill: ORANGE, r: 6.5 }),
          tip(known, { x: "month", y: "withdrawal_rate" }, (d) => lines([month(d.month), `${percent(d.withdrawal_rate)} of ${inWords(d.cases, "count")} cases`, d.expected_rate === null ? null : `expected ${percent(d.expected_rate)}`, d.lower_limit === null ? null : `limits ${percent(d.lower_limit)} to ${percent(d.upper_limit)}`, d.marks, d.maturing ? "still maturing" : null]), Plot.pointerX),
        ],
      }));
      return [symbolKey([["circle", BLUE, "month"], ["hollow", BLUE, "still maturing"], ["diamond", ORANGE, "signal"], ["dotted", PURPLE, "expected"], ["line", INK, "centre line"], ["dashed", INK, "control limits"]]), svg];
    },

    maturity(figure, rows, width) {
      const known = rows.filter((row) => row.rate_with_pending !== null);
      const every = figure.objects.filter((row) => row.rate_with_pending !== null);
      if (!known.length) return null;
      const x = "months_since", series = [["rate_with_pending", BLUE, "circle"], ["rate_without_pending", ORANGE, "triangle"]];
      const svg = Plot.plot(base(width, width < 600 ? 300 : 340, {
        marginLeft: 48, marginRight: 16, marginBottom: 42, marginTop: 12,
        x: { domain: [0, d3.max(every, (row) => row.months_since)], label: "Months since it was recorded", labelAnchor: "center", labelArrow: "none", ticks: width < 600 ? 5 : 12 },
        y: { domain: [0, niceEnd(d3.max(every, (row) => Math.max(row.rate_with_pending, row.rate_without_pending ?? 0)))], label: null, tickFormat: (d) => percent(d, 0) },
        marks: [
          Plot.gridY({ stroke: RULE, strokeOpacity: 1 }),
          Plot.line(every, { x, y: "rate_with_pending", z: "recorded", stroke: GREY, strokeOpacity: 0.5 }),
          Plot.dot(every, { x, y: "rate_with_pending", fill: GREY, fillOpacity: 0.5, r: 2 }),
          ...series.flatMap(([y, colour, symbol]) => [
            Plot.line(rows, { x, y, stroke: colour, strokeWidth: 2 }),
            Plot.dot(rows.filter((row) => row[y] !== null), { x, y, fill: colour, symbol, r: 4 }),
          ]),
          tip(known, { x, y: "rate_with_pending" }, (d) => lines([`${month(d.recorded)}, as of ${d.delivery}`, `${percent(d.rate_with_pending)} with pending`, `${inWords(d.rate_without_pending, "percent")} without`, `${inWords(d.pending, "count")} pending`]), Plot.pointerX),
        ],
      }));
      return [symbolKey([["circle", BLUE, `${month(state.recorded)}, with pending`], ["triangle", ORANGE, "without pending"], ["line", GREY, "other months, with pending"]]), svg];
    },

    curve(figure, rows, width) {
      const known = rows.filter((row) => row.cumulative !== null);
      const other = figure.objects.filter((row) => row.area === figure.options.compared && row.cumulative !== null);
      if (!known.length) return null;
      const isOther = state.area !== figure.options.compared;
      const short = { 0: "same day", 7: "1 week", 27: "4 weeks", 83: "12 weeks", 182: "26 weeks", 365: "1 year" };
      const svg = Plot.plot(base(width, 320, {
        marginLeft: 46, marginRight: 8, marginBottom: 44, marginTop: 18, insetLeft: 24, insetRight: 24,
        x: { type: "symlog", constant: 6, domain: [0, 365], ticks: Object.keys(short).map(Number), tickFormat: (d) => (width < 600 ? short[d].replace(" ", "\n") : short[d]), label: null },
        y: { domain: [0, 1], label: null, tickFormat: (d) => percent(d, 0) },
        marks: [
          Plot.gridY({ stroke: RULE, strokeOpacity: 1 }),
          isOther ? Plot.line(other, { x: "days", y: "cumulative", stroke: GREY, strokeDasharray: "5,4", strokeWidth: 2 }) : null,
          Plot.line(known, { x: "days", y: "cumulative", stroke: BLUE, strokeWidth: 2.5 }),
          Plot.dot(known, { x: "days", y: "cumulative", fill: BLUE, r: 4.5 }),
          Plot.text(known, { x: "days", y: "cumulative", text: (d) => (d.cumulative < 1 && d.cumulative >= 0.995 ? "over 99%" : percent(d.cumulative, 0)), dy: -12, fill: INK, stroke: "var(--paper)", strokeWidth: 3 }),
          tip(known, { x: "days", y: "cumulative" }, (d) => `${percent(d.cumulative)} within ${d.days_in_words}`),
        ],
      }));
      return [symbolKey([["line", BLUE, state.area], ...(isOther ? [["dashed", GREY, figure.options.compared]] : [])]), svg];
    },

    bars(figure, rows, width) {
      if (!rows.length) return null;
      const items = rows.map((row) => ({ label: row.label, row }));
      const place = layout(items, width, { most: 360, right: 50 });
      const colour = (d) => (d.row.kind === "beneficial" ? BLUE : ORANGE);
      const late = (d) => d.row.recorded !== "before";
      const [low, high] = d3.extent(rows.flatMap((row) => [row.coefficient, row.printed_coefficient ?? 0]));
      const svg = Plot.plot(place.options({
        x: { domain: [Math.min(0, low) * 1.05, Math.max(0, high) * 1.05], label: "Log odds", labelAnchor: "center", labelArrow: "none", ticks: width < 600 ? 4 : 8 },
        marks: [
          Plot.gridX({ stroke: RULE, strokeOpacity: 1 }),
          Plot.rect(items, { x1: 0, x2: (d) => d.row.coefficient, y1: (d) => d.y - 7, y2: (d) => d.y + 7, fill: (d) => (late(d) ? "var(--paper)" : colour(d)), stroke: colour, strokeWidth: 1.5 }),
          Plot.ruleX([0], { stroke: INK }),
          Plot.dot(items.filter((d) => d.row.printed_coefficient !== null), { x: (d) => d.row.printed_coefficient, y: "y", symbol: "diamond", r: 5, fill: PURPLE, stroke: "var(--paper)" }),
          ...place.labels,
          tip(items, { x: (d) => d.row.coefficient, y: "y" }, (d) => lines([d.row.label, `log odds ${inWords(d.row.coefficient, "measure")}, ${d.row.kind}`, d.row.printed_coefficient === null ? null : `printed ${inWords(d.row.printed_coefficient, "measure")}`, `recorded ${d.row.recorded}`, d.row.is_missing === "yes" ? "means something missing" : null]), Plot.pointerY),
        ],
      }));
      return [symbolKey([["square", BLUE, "beneficial"], ["square", ORANGE, "adverse"], ["square", "var(--paper)", "hollow: recorded at or after the outcome", "edged"], ["diamond", PURPLE, "as the report prints it"]]), svg];
    },

    leakage(figure, rows, width) {
      const items = rows.filter((row) => row.auc !== null).map((row) => ({ label: row.left_out, row }));
      if (!items.length) return null;
      const place = layout(items, width, { most: 360, right: 50 });
      const svg = Plot.plot(place.options({
        x: { domain: [Math.min(0.5, d3.min(items, (d) => d.row.auc)), 1], label: "AUC without these fields; 0.5 is chance", labelAnchor: "center", labelArrow: "none", ticks: width < 600 ? 4 : 8 },
        marks: [
          Plot.gridX({ stroke: RULE, strokeOpacity: 1 }),
          Plot.ruleX([figure.options.auc], { stroke: INK, strokeDasharray: "4,3" }),
          Plot.link(items, { x1: (d) => d.row.auc, x2: figure.options.auc, y1: "y", y2: "y", stroke: ORANGE, strokeWidth: 2 }),
          Plot.dot(items, { x: (d) => d.row.auc, y: "y", r: 5, fill: BLUE }),
          ...place.labels,
          tip(items, { x: (d) => d.row.auc, y: "y" }, (d) => lines([d.row.left_out, `AUC ${inWords(d.row.auc, "measure")}, lost ${inWords(d.row.auc_lost, "measure")}`]), Plot.pointerY),
        ],
      }));
      return [symbolKey([["circle", BLUE, "AUC without these fields"], ["line", ORANGE, "lost"], ["dashed", INK, `all fields: ${inWords(figure.options.auc, "measure")}`]]), svg];
    },

    roc(figure, rows, width) {
      const known = rows.filter((row) => row.sensitivity !== null && row.specificity !== null)
        .map((row) => ({ row, x: 1 - row.specificity, y: row.sensitivity }));
      if (!known.length) return null;
      const curve = d3.sort([{ x: 0, y: 0 }, ...known, { x: 1, y: 1 }], (d) => d.x, (d) => d.y);
      const size = Math.min(width, 460);
      const svg = Plot.plot(base(size, size, {
        marginLeft: 52, marginBottom: 46, marginRight: 16, marginTop: 12,
        x: { domain: [0, 1], ...percentAxis("Share of the others that are flagged") },
        y: { domain: [0, 1], label: null, tickFormat: (d) => percent(d, 0) },
        marks: [
          Plot.gridY({ stroke: RULE, strokeOpacity: 1 }),
          Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: GREY, strokeDasharray: "4,3" }),
          Plot.line(curve, { x: "x", y: "y", stroke: BLUE, strokeWidth: 2 }),
          Plot.dot(known, { x: "x", y: "y", fill: BLUE, r: 5 }),
          tip(known, { x: "x", y: "y" }, (d) => lines([String(d.row.chosen), `${percent(d.y)} of those with the outcome flagged`, `${percent(d.x)} of the others`])),
        ],
      }));
      return [symbolKey([["circle", BLUE, `share with the outcome that is flagged, at each threshold (AUC ${inWords(figure.options.auc, "measure")})`], ["dashed", GREY, "chance"]]), svg];
    },

    officers(figure, rows, width) {
      if (!rows.length) return null;
      const facet = width < 600 ? { fy: "variable" } : { fx: "variable" };
      const facets = { label: null, padding: 0.12 };
      const svg = Plot.plot(base(width, width < 600 ? 460 : 320, {
        marginLeft: 48, marginBottom: 44, marginTop: 26, marginRight: width < 600 ? 30 : 16, ...(width < 600 ? { fy: facets } : { fx: facets }),
        x: { label: "Officers", labelAnchor: "center", labelArrow: "none" }, y: { label: null },
        marks: [
          Plot.gridY({ stroke: RULE, strokeOpacity: 1 }),
          Plot.areaY(rows, { x: "officers", y1: "low", y2: "high", fill: "var(--s2)", ...facet }),
          Plot.ruleY([0], { stroke: INK }),
          Plot.line(rows, { x: "officers", y: "log_odds", stroke: BLUE, strokeWidth: 2, ...facet }),
          tip(rows, { x: "officers", y: "log_odds", ...facet }, (d) => lines([`${d.officers} officers`, `log odds ${inWords(d.log_odds, "measure")}`, `band ${inWords(d.low, "measure")} to ${inWords(d.high, "measure")}`]), Plot.pointerX),
        ],
      }));
      return [symbolKey([["line", BLUE, "model"], ["square", "var(--s2)", "band of random halves", "edged"]]), svg];
    },

    gaps(figure, rows, width) {
      const items = rows.slice(0, figure.options.most).filter((row) => row.share !== null).map((row) => ({ label: row.description, row }));
      if (!items.length) return null;
      const place = layout(items, width, { most: 360 });
      const colour = (d) => ({ yes: BLUE, no: ORANGE })[d.row.within] ?? GREY;
      const svg = Plot.plot(place.options({
        x: { domain: [0, niceEnd(d3.max(items, (d) => Math.max(d.row.share, d.row.tolerance)))], ...percentAxis("Share with the gap") },
        marks: [
          Plot.gridX({ stroke: RULE, strokeOpacity: 1 }),
          Plot.ruleY(items, { y: "y", x1: 0, x2: (d) => d.row.share, stroke: colour, strokeWidth: 6 }),
          Plot.ruleX(items, { x: (d) => d.row.tolerance, y1: (d) => d.y - 8, y2: (d) => d.y + 8, stroke: INK, strokeWidth: 2 }),
          Plot.dot(items.filter((d) => d.row.published_share !== null), { x: (d) => d.row.published_share, y: "y", symbol: "diamond", r: 5, fill: PURPLE, stroke: "var(--paper)" }),
          ...place.labels,
          tip(items, { x: (d) => d.row.share, y: "y" }, (d) => lines([d.row.description, `${percent(d.row.share)}, tolerated ${percent(d.row.tolerance)}`, d.row.published_share === null ? null : `London study ${percent(d.row.published_share)}`, d.row.owner]), Plot.pointerY),
        ],
      }));
      return [symbolKey([["square", BLUE, "share, within tolerance"], ["square", ORANGE, "share, beyond"], ["square", GREY, "share, too few to tell"], ["tick", INK, "tolerated"], ["diamond", PURPLE, "London study"]]), svg];
    },

    trend(figure, rows, width) {
      const known = rows.filter((row) => row.share !== null);
      if (!known.length) return null;
      const names = rows.map((row) => row.delivery);
      const every = Math.ceil(names.length / Math.max(2, Math.floor(width / 90)));
      const svg = Plot.plot(base(width, 280, {
        marginLeft: 48, marginRight: 24, marginBottom: 34,
        x: { type: "point", domain: names, label: null, ticks: names.filter((_, at) => at % every === 0) },
        y: { domain: [0, niceEnd(d3.max(known, (d) => Math.max(d.share, d.tolerance)))], label: null, tickFormat: (d) => percent(d, 0) },
        marks: [
          Plot.gridY({ stroke: RULE, strokeOpacity: 1 }),
          Plot.line(rows, { x: "delivery", y: "tolerance", stroke: INK, strokeDasharray: "5,4" }),
          Plot.line(rows, { x: "delivery", y: "share", stroke: BLUE, strokeWidth: 2 }),
          Plot.dot(known, { x: "delivery", y: "share", fill: BLUE, r: 4 }),
          tip(known, { x: "delivery", y: "share" }, (d) => lines([d.delivery, percent(d.share)]), Plot.pointerX),
        ],
      }));
      return [symbolKey([["line", BLUE, "share with the gap"], ["dashed", INK, "tolerated"]]), svg];
    },

    forest(figure, rows, width) {
      const chosen = sorted(rows).filter((row) => row.odds_ratio !== null);
      if (!chosen.length) return null;
      const items = [];
      let group = null;
      for (const row of chosen) {
        if (row.group !== group && state.sort === "variable") { group = row.group; items.push({ label: group[0].toUpperCase() + group.slice(1), head: true }); }
        const against = row.reference === "No" ? "" : ` (against ${row.reference})`;
        items.push({ label: row.label + against, row });
      }
      const place = layout(items, width, { right: width < 600 ? 16 : 130, most: 400 });
      const own = items.filter((one) => one.row);
      const limit = axisLimit(own.map((one) => one.row));
      const clip = (value) => Math.min(limit, Math.max(1 / limit, value));
      const colour = (d) => (d.row.is_significant ? (d.row.odds_ratio > 1 ? ORANGE : BLUE) : GREY);
      const beyond = own.filter((d) => d.row.high > limit || d.row.low < 1 / limit);
      const verb = width < 600 ? "" : ` to ${figure.options.outcome}`;
      const svg = Plot.plot(place.options({
        x: { type: "log", base: 2, domain: [1 / limit, limit], label: `← less likely${verb}\u2003odds ratio\u2003more likely${verb} →`, labelAnchor: "center", labelArrow: "none", ticks: powers(limit), tickFormat: (d) => (d < 1 ? `1/${Math.round(1 / d)}` : String(d)) },
        marks: [
          Plot.gridX({ ticks: powers(limit), stroke: RULE, strokeOpacity: 1 }),
          Plot.ruleX([1], { stroke: INK }),
          Plot.link(own, { y1: "y", y2: "y", x1: (d) => clip(d.row.low), x2: (d) => clip(d.row.high), stroke: colour, strokeWidth: 2 }),
          ...["triangle", "down", "circle"].map((kind) => Plot.dot(
            own.filter((d) => (d.row.is_significant ? (d.row.odds_ratio > 1 ? "triangle" : "down") : "circle") === kind),
            { y: "y", x: (d) => clip(d.row.odds_ratio), ...shape(kind), fill: colour, r: 5 })),
          Plot.text(beyond, { y: "y", x: (d) => (d.row.high > limit ? limit : 1 / limit), text: (d) => (d.row.high > limit ? "▸" : "◂"), fill: colour }),
          place.narrow ? null : Plot.text(own, { y: "y", frameAnchor: "right", textAnchor: "start", dx: 8, text: (d) => d.row.stated, fill: (d) => (d.row.is_significant ? INK : SOFT) }),
          ...place.labels,
          tip(own, { y: "y", x: (d) => clip(d.row.odds_ratio) }, (d) => lines([d.row.label, `against ${d.row.reference}`, d.row.stated, `odds ratio ${inWords(d.row.odds_ratio, "ratio")} (${inWords(d.row.low, "ratio")} to ${inWords(d.row.high, "ratio")})`, `${inWords(d.row.points, "points")} percentage points`]), Plot.pointerY),
        ],
      }));
      const key = [["triangle", ORANGE, "significantly more likely"], ["down", BLUE, "significantly less likely"]];
      if (state.sort !== "significant") key.push(["circle", GREY, "not significant"]);
      if (beyond.length) key.push(["line", GREY, "▸ the interval goes on"]);
      return [symbolKey(key), svg];
    },

    comparison(figure, rows, width) {
      const o = figure.options, isModel = figure.by.includes("other");
      const chosen = rows.filter((row) => row.odds_ratio !== null && (!isModel || distance(row) > 0)).slice(0, isModel ? 25 : rows.length);
      if (!chosen.length) return null;
      const items = chosen.map((row) => ({ label: row.label + (!row.reference || row.reference === "No" ? "" : ` (against ${row.reference})`), row }));
      const place = layout(items, width, { most: 400, tall: 30, thick: true });
      const limit = axisLimit(chosen.flatMap((row) => [row, { odds_ratio: row.other_odds_ratio, low: row.other_low ?? 1, high: row.other_high ?? 1, stated: row.other_stated }]));
      const clip = (value) => Math.min(limit, Math.max(1 / limit, value));
      const series = [["", -5, BLUE, "circle", o.name], ["other_", 5, ORANGE, "square", isModel ? `model ${state.other}` : o.other]];
      const svg = Plot.plot(place.options({
        x: { type: "log", base: 2, domain: [1 / limit, limit], label: "← less likely\u2003odds ratio\u2003more likely →", labelAnchor: "center", labelArrow: "none", ticks: powers(limit), tickFormat: (d) => (d < 1 ? `1/${Math.round(1 / d)}` : String(d)) },
        marks: [
          Plot.gridX({ ticks: powers(limit), stroke: RULE, strokeOpacity: 1 }),
          Plot.ruleX([1], { stroke: INK }),
          ...series.flatMap(([of, dy, colour, symbol]) => [
            Plot.link(items.filter((d) => d.row[`${of}low`] !== null), { y1: (d) => d.y + dy, y2: (d) => d.y + dy, x1: (d) => clip(d.row[`${of}low`]), x2: (d) => clip(d.row[`${of}high`]), stroke: colour, strokeWidth: 1.5 }),
            Plot.dot(items, { y: (d) => d.y + dy, x: (d) => clip(d.row[`${of}odds_ratio`]), fill: (d) => (d.row[`${of}is_significant`] ? colour : "var(--paper)"), stroke: colour, symbol, r: 4 }),
          ]),
          ...place.labels,
          tip(items, { y: "y", x: (d) => clip(d.row.odds_ratio) }, (d) => lines([d.row.label, `${series[0][4]}: ${d.row.stated}`, `${series[1][4]}: ${d.row.other_stated}`]), Plot.pointerY),
        ],
      }));
      return [symbolKey([...series.map(([, , colour, symbol, name]) => [symbol, colour, name]), ["hollow", GREY, "hollow: not significant"]]), svg];
    },
  };

  const powers = (limit) => d3.range(-Math.log2(limit), Math.log2(limit) + 1).map((one) => 2 ** one);
  function axisLimit(rows) {
    let furthest = 4;
    for (const row of rows) {
      const times = Math.max(row.odds_ratio, 1 / row.odds_ratio);
      furthest = Math.max(furthest, times);
      if (!row.stated.includes("†")) furthest = Math.max(furthest, row.high, 1 / Math.max(row.low, 1 / 32));
    }
    return 2 ** Math.ceil(Math.log2(Math.min(furthest, 32)) - 1e-9);
  }
  function sorted(rows) {
    if (state.sort === "variable") return rows;
    const kept = state.sort === "significant" ? rows.filter((row) => row.is_significant) : rows;
    return [...kept].sort((a, b) => (b.odds_ratio ?? 0) - (a.odds_ratio ?? 0));
  }
  function quantiles(values) {
    const round = (one) => Math.round(one * 100) / 100;
    return [...new Set([0.2, 0.4, 0.6, 0.8].map((at) => round(d3.quantile(d3.sort(values), at))))];
  }
  function classKey(limits, steps) {
    const shown = (one) => percent(one, Number.isInteger(Math.round(one * 1e6) / 1e4) ? 0 : 1);
    return [...limits, null].map((limit, at) => ["square", `var(--s${steps[at]})`,
      limit === null ? `${shown(limits[at - 1])} and over`
        : at === 0 ? `under ${shown(limit)}` : `${shown(limits[at - 1])} to ${shown(limit)}`, "edged"]);
  }
  /* Where the name of each point goes, right, left, above or below it; one that would lie
     on another, or on a point, is left to the table and the tip. */
  function spread(rows, points, [left, right], [bottom, top], frame, width) {
    const x = d3.scaleLinear([left, right], [0, frame.width]), y = d3.scaleLinear([bottom, top], [frame.height, 0]);
    const at = points.map((row) => ({ x0: x(row.cases) - 6, x1: x(row.cases) + 6, y0: y(row.adjusted_rate) - 6, y1: y(row.adjusted_rate) + 6 }));
    const meets = (a, b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
    const order = [...rows].sort((a, b) => (a.position === "inside") - (b.position === "inside"));
    return order.flatMap((row) => {
      const [px, py, w] = [x(row.cases), y(row.adjusted_rate), widthOf(row.category)];
      for (const [anchor, dx, dy] of [["start", 9, 0], ["end", -9, 0], ["middle", 0, -13], ["middle", 0, 13]]) {
        const x0 = px + dx - (anchor === "end" ? w : anchor === "middle" ? w / 2 : 0);
        const box = { x0, x1: x0 + w, y0: py + dy - 7, y1: py + dy + 7 };
        if (box.x0 < 0 || box.x1 > frame.width + (width < 600 ? 12 : 80) || at.some((one) => meets(one, box))) continue;
        at.push(box);
        return [{ ...row, anchor, dx, dy }];
      }
      return [];
    });
  }
  function note(text) {
    const made = document.createElement("p");
    made.className = "note";
    made.textContent = text;
    return made;
  }

  // ---- one figure ---------------------------------------------------------------------
  function draw(figure) {
    const node = document.getElementById(figure.name);
    const rows = rowsOf(figure);
    node.querySelector(".sentence").textContent = sentenceOf(figure);
    if (node.querySelector("table")) fillTable(node, figure, rows);
    const chart = node.querySelector(".chart");
    if (chart) drawChart(figure, chart, rows);
  }
  function fillTable(node, figure, rows) {
    const shown = visible(figure);
    const body = document.createElement("tbody");
    for (const row of rows) {
      const line = body.insertRow();
      for (const [name, , kind] of shown) {
        const cell = line.insertCell();
        const text = inWords(row[name], kind);
        if (kind === "model") {
          const link = cell.appendChild(document.createElement("a"));
          [link.href, link.textContent] = [`model-${text}.html`, text];
        } else cell.textContent = text;
        if (!["text", "month", "model"].includes(kind)) cell.className = "number";
      }
    }
    node.querySelector("tbody").replaceWith(body);
    node.querySelector(".count").textContent = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  }
  function drawChart(figure, chart, rows) {
    const width = Math.max(280, Math.floor(chart.clientWidth) - 2);
    const made = charts[figure.chart](figure, rows, width);
    const readout = document.createElement("p");
    readout.className = "readout";
    readout.setAttribute("aria-live", "polite");
    const next = chart.nextElementSibling;
    if (next?.classList.contains("readout")) next.remove();
    const previous = chart.previousElementSibling;
    if (previous?.classList.contains("legend")) previous.remove();
    for (const button of chart.parentElement.querySelectorAll("[data-kind=svg], [data-kind=png]")) button.hidden = !made;
    if (!made) {
      chart.replaceChildren(note("Nothing to draw here: too few cases."));
      chart.removeAttribute("role");
      chart.removeAttribute("tabindex");
      chart.removeAttribute("aria-label");
      return;
    }
    const svg = made.pop();
    svg.setAttribute("aria-hidden", "true");
    const legend = document.createElement("div");
    legend.className = "legend";
    legend.append(...made.filter((one) => one.childNodes.length));
    chart.before(legend);
    chart.replaceChildren(svg);
    chart.after(readout);
    chart.setAttribute("role", "img");
    chart.tabIndex = 0;
    chart.setAttribute("aria-label", `${figure.title}. ${sentenceOf(figure)} Arrow keys read the rows one by one; the table has them all.`);
    let at = -1;
    chart.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape") { at = -1; readout.textContent = ""; }
      if (!step || !rows.length) return;
      event.preventDefault();
      at = (at + step + rows.length) % rows.length;
      readout.textContent = stated(figure, rows[at]);
    };
  }

  // ---- downloads ----------------------------------------------------------------------
  const quoted = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  function csvOf(figure) {
    const shown = visible(figure);
    const head = [...shown.map(([, label]) => label.trim()), "Input", "Publication"];
    const body = rowsOf(figure).map((row) => [...shown.map(([name]) => row[name]), about.input, about.publication]);
    return `${[head, ...body].map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
  }

  /* A picture has its own title, key, note and source, in the colours of the light page. */
  const PICTURE = 900, EDGE = 16;
  function pictureOf(figure) {
    const made = charts[figure.chart](figure, rowsOf(figure), PICTURE);
    if (!made) return null;
    const chart = made.pop(), words = (selector) => document.querySelector(selector)?.textContent ?? "";
    const chosen = [...figure.by, ...(figure.chart === "forest" ? ["sort"] : [])]
      .map((name) => form?.elements[name]?.selectedOptions[0].text).filter(Boolean);
    const svg = d3.create("svg:svg").attr("font-family", "system-ui, sans-serif").attr("font-size", 12).attr("color", INK);
    svg.append("title").text(`${words("h1")}. ${figure.title}`);
    svg.append("desc").text(sentenceOf(figure));
    const sheet = svg.append("rect").attr("width", PICTURE).attr("fill", "var(--paper)");
    let y = 12;
    const write = (text, size, weight, colour) => {
      for (const line of wrapped(text, (PICTURE - 2 * EDGE) * (weight > 400 ? 11 : 12) / size)) {
        y += size * 1.35;
        svg.append("text").attr("x", EDGE).attr("y", y).attr("font-size", size).attr("font-weight", weight).attr("fill", colour).text(line);
      }
    };
    write(words("h1"), 17, 700, INK);
    if (figure.options.about) write(figure.options.about, 13, 400, SOFT);
    write([figure.title, chosen.join(", ")].filter(Boolean).join(": "), 13, 600, INK);
    y += 8;
    for (const part of made) y = part.tagName === "UL" ? keyOf(svg, part, y) : (write(part.textContent, 12, 400, SOFT), y + 6);
    const drawn = svg.append("g").attr("transform", `translate(${EDGE / 2},${y + 4})`).attr("fill", "currentColor").attr("text-anchor", "middle");
    drawn.node().append(...[...chart.childNodes].filter((one) => one.nodeName !== "style"));
    y += Number(chart.getAttribute("height")) + 6;
    for (const text of [words(`#${figure.name} > .note`), words("footer")]) if (text.trim()) write(text.trim(), 11, 400, SOFT);
    const height = Math.ceil(y + EDGE);
    if (about.input === "SIMULATED") for (let at = Math.min(200, height / 2); at < height; at += 320) {
      svg.append("text").attr("transform", `translate(${PICTURE / 2},${at}) rotate(-12)`).attr("text-anchor", "middle")
        .attr("font-size", 72).attr("font-weight", 700).attr("fill", "var(--warn-rule)").attr("fill-opacity", 0.14).text(about.input);
    }
    sheet.attr("height", height);
    svg.attr("width", PICTURE).attr("height", height).attr("viewBox", `0 0 ${PICTURE} ${height}`);
    return { text: inLight(new XMLSerializer().serializeToString(svg.node())), height };
  }
  function keyOf(svg, list, top) {
    let x = EDGE + 8, y = top + 12;
    for (const item of list.children) {
      const wide = widthOf(item.textContent) + 38;
      if (x + wide > PICTURE) [x, y] = [EDGE + 8, y + 20];
      const entry = svg.append("g").attr("transform", `translate(${x},${y})`);
      entry.node().append(item.querySelector("path").cloneNode());
      entry.append("text").attr("x", 14).attr("dy", "0.35em").attr("fill", SOFT).text(item.textContent);
      x += wide;
    }
    return list.children.length ? y + 14 : top;
  }
  /* Other programs do not know the page's variables: their colours are written out. */
  function inLight(text) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.className = "light";
    const colours = new Map(), brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const colour = (name) => {
      probe.style.color = `var(${name})`;
      brush.fillStyle = getComputedStyle(probe).color;
      brush.fillRect(0, 0, 1, 1);
      return `#${[...brush.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one.toString(16).padStart(2, "0")).join("")}`;
    };
    const found = text.replace(/var\((--[\w-]+)\)/g, (_, name) => {
      if (!colours.has(name)) colours.set(name, colour(name));
      return colours.get(name);
    });
    probe.remove();
    return found;
  }
  async function pngOf({ text, height }) {
    const image = new Image(PICTURE, height), canvas = document.createElement("canvas");
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    [canvas.width, canvas.height] = [PICTURE * 2, height * 2];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
  async function download(figure, kind) {
    const picture = kind === "csv" ? null : pictureOf(figure);
    if (kind !== "csv" && !picture) return;
    const blob = kind === "csv" ? new Blob([csvOf(figure)], { type: "text/csv" })
      : kind === "svg" ? new Blob([picture.text], { type: "image/svg+xml" })
        : await new Promise((resolve) => pngOf(picture).then((canvas) => canvas.toBlob(resolve)));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    const key = [page.name, figure.name, ...figure.by.map((name) => state[name])].join(" ").replace(/[^\w-]+/g, "-").toLowerCase();
    link.download = `${key}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  /* `linkage picture` opens the page with the figure's name in its address and reads the
     picture from the document. */
  async function handOver(name) {
    const figure = name ? figures.get(name) : page.figures.find((one) => one.chart);
    const picture = figure?.chart ? pictureOf(figure) : null;
    document.body.textContent = picture && kept.get("as") === "png" ? (await pngOf(picture)).toDataURL() : picture?.text ?? "";
  }

  // ---- filters and the address --------------------------------------------------------
  const isOption = (name, value) =>
    [...(form?.elements[name]?.options ?? [])].some((one) => one.value === value);
  function readAddress() {
    kept = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(state)) {
      const value = kept.get(name);
      state[name] = value !== null && isOption(name, value) ? value : page.filters[name];
      if (form) form.elements[name].value = state[name];
    }
  }
  function writeAddress() {
    for (const [name, value] of Object.entries(state)) {
      if (value === page.filters[name]) kept.delete(name);
      else kept.set(name, value);
    }
    const hash = kept.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    passOn();
  }
  function passOn() {
    for (const link of document.querySelectorAll("nav a, .site a")) {
      const hash = kept.toString();
      link.hash = hash;
    }
  }
  function drawAll() {
    for (const figure of page.figures) draw(figure);
  }

  function theme() {
    const button = document.getElementById("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
    const name = () => { button.textContent = isDark() ? "Light" : "Dark"; button.setAttribute("aria-label", `${button.textContent} colours`); };
    try { const saved = localStorage.getItem("theme"); if (saved) document.documentElement.dataset.theme = saved; } catch { /* not kept from disk everywhere */ }
    button.hidden = false;
    name();
    dark.addEventListener("change", name);
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("theme", document.documentElement.dataset.theme); } catch { /* as above */ }
      name();
    });
  }

  theme();
  readAddress();
  passOn();
  drawAll();
  form?.addEventListener("change", (event) => {
    state[event.target.name] = event.target.value;
    writeAddress();
    drawAll();
  });
  form?.addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(state, page.filters);
    for (const name of Object.keys(state)) form.elements[name].value = state[name];
    writeAddress();
    drawAll();
  });
  addEventListener("hashchange", () => { readAddress(); passOn(); drawAll(); });
  for (const row of document.querySelectorAll(".downloads")) {
    row.hidden = false;
    for (const button of row.querySelectorAll("button")) {
      button.addEventListener("click", () => download(figures.get(row.parentElement.id), button.dataset.kind));
    }
  }
  let last = document.documentElement.clientWidth, timer;
  addEventListener("resize", () => {
    if (document.documentElement.clientWidth === last) return;
    last = document.documentElement.clientWidth;
    clearTimeout(timer);
    timer = setTimeout(drawAll, 120);
  });
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details:not([open])")) { one.open = true; one.dataset.closed = ""; }
  });
  addEventListener("afterprint", () => {
    for (const one of document.querySelectorAll("details[data-closed]")) { one.open = false; delete one.dataset.closed; }
  });
  document.documentElement.dataset.ready = "";
  if (kept.has("picture")) handOver(kept.get("picture"));
})();
