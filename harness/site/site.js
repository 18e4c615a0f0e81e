(() => {
  "use strict";
  const html = document.documentElement;
  const themes = ["", "light", "dark"];
  const names = { "": "as the system", light: "light", dark: "dark" };
  let theme = "";
  try { theme = localStorage.getItem("seatrial-theme") || ""; } catch { /* no storage: the system decides */ }
  const paint = () => {
    if (theme === "light" || theme === "dark") html.dataset.theme = theme;
    else delete html.dataset.theme;
  };
  html.classList.add("js");
  paint();

  const $ = (id) => document.getElementById(id);
  const say = (text) => { $("said").textContent = text; };

  function themeButton(button) {
    const label = () => {
      button.setAttribute("aria-label", "Colours: " + names[theme]);
      button.title = "Colours: " + names[theme];
    };
    label();
    button.addEventListener("click", () => {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const round = dark ? ["", "light", "dark"] : ["", "dark", "light"];
      theme = round[(round.indexOf(theme) + 1) % themes.length];
      try { localStorage.setItem("seatrial-theme", theme); } catch { /* it lasts as long as the page */ }
      paint();
      label();
      say("Colours: " + names[theme]);
    });
  }

  // A link into the page opens what it lies in and marks it. The browser moves the focus there by itself.
  function arrive() {
    document.querySelectorAll(".behaviour.found").forEach((e) => e.classList.remove("found"));
    const id = decodeURIComponent(location.hash.slice(1));
    const place = id && !id.startsWith("?") && $(id);
    if (!place) return;
    for (let e = place; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    const inner = place.querySelector(":scope > details:not(.evidence)");
    if (inner) inner.open = true;
    if (place.classList.contains("behaviour")) place.classList.add("found");
    place.scrollIntoView({ block: "start", behavior: "instant" });
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "hidden";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  function copyButtons() {
    document.addEventListener("click", async (event) => {
      const button = event.target.closest("button[data-copy], button[data-link]");
      if (!button) return;
      const { copy: text, link } = button.dataset;
      const done = await copy(link ? location.href.replace(/#.*/, "") + "#" + link : text);
      const label = button.dataset.label || button.textContent;
      button.dataset.label = label;
      button.textContent = done ? "copied" : "not copied";
      say(done ? "Copied" : "The browser does not let this page copy");
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }

  // On a page without the index, the search leads there.
  function searchAway(form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const q = $("q").value.trim();
      location.href = document.body.dataset.root + "index.html" + (q ? "#?" + new URLSearchParams({ q }) : "");
    });
  }

  const signs = { passed: "✓", failed: "✗", flaky: "~", unsupported: "–", blocked: "=", error: "!", "not-run": "…" };

  function element(name, className, text) {
    const e = document.createElement(name);
    if (className) e.className = className;
    if (text) e.textContent = text;
    return e;
  }

  // The text with the words that were searched for marked in it.
  function marked(text, words) {
    const parts = document.createDocumentFragment();
    const lower = text.toLowerCase();
    let at = 0;
    while (at < text.length) {
      let next = -1, size = 0;
      for (const word of words) {
        const i = lower.indexOf(word, at);
        if (i >= 0 && (next < 0 || i < next || (i === next && word.length > size))) { next = i; size = word.length; }
      }
      if (next < 0) break;
      parts.append(text.slice(at, next), element("mark", "", text.slice(next, next + size)));
      at = next + size;
    }
    parts.append(text.slice(at));
    return parts;
  }

  function searchHere(form) {
    const { pages, found } = JSON.parse($("index").textContent);
    const fields = ["q", "verdict", "area", "tag"].map($).filter(Boolean);
    for (const item of found) {
      item.page = pages[item.p];
      item.near = [item.t, item.r || "", item.page.n, item.i].map((s) => s.toLowerCase());
      item.far = (item.w || "") + " " + (item.g || []).join(" ");
    }

    // How well an item fits: every word must be somewhere, and counts more the nearer to the title it is.
    const weight = (item, words) => {
      let sum = 0;
      for (const word of words) {
        const place = item.near.findIndex((text) => text.includes(word));
        if (place < 0 && !item.far.includes(word)) return 0;
        sum += place < 0 ? 1 : 10 - 2 * place;
      }
      return sum || 1;
    };

    function row(item, words) {
      const line = element("li"), link = element("a");
      link.href = item.page.h + "#" + item.i;
      const mark = element("span", item.v || "");
      if (item.v) {
        const sign = element("span", "sign");
        sign.setAttribute("aria-hidden", "true");
        sign.append(element("i", "", signs[item.v]));
        mark.append(sign, element("span", "hidden", item.v));
        mark.title = item.v;
      }
      const title = element("strong"), rest = element("small");
      title.append(marked(item.t, words));
      rest.append(marked([item.page.n, item.r].filter(Boolean).join(" › "), words));
      link.append(mark, title, element("time", "soft", item.s || ""), rest);
      line.append(link);
      return line;
    }

    function show() {
      const wish = Object.fromEntries(fields.map((f) => [f.id, f.value.trim()]));
      const asked = Object.values(wish).some(Boolean);
      $("answers").hidden = !asked;
      $("all").hidden = asked;
      const words = wish.q.toLowerCase().split(/\s+/).filter(Boolean);
      const hits = asked ? found.filter((item) =>
        (!wish.verdict || item.v === wish.verdict) &&
        (!wish.area || item.page.a === wish.area) &&
        (!wish.tag || (item.g || []).includes(wish.tag)))
        .map((item) => ({ item, n: weight(item, words) })).filter((hit) => hit.n)
        .sort((a, b) => b.n - a.n) : [];
      $("found").replaceChildren(...hits.map((hit) => row(hit.item, words)));
      const number = hits.length === 1 ? "1 behaviour" : hits.length + " behaviours";
      $("number").textContent = hits.length ? number : "Nothing was found. Try fewer or other words.";
      if (asked) say(number + " found");
      return wish;
    }

    function remember() {
      const wish = show();
      const kept = new URLSearchParams(Object.entries(wish).filter(([, value]) => value)).toString();
      history.replaceState(null, "", kept ? "#?" + kept : location.pathname + location.search);
    }

    function recall() {
      if (location.hash && !location.hash.startsWith("#?")) return;
      const kept = new URLSearchParams(location.hash.slice(2));
      for (const field of fields) field.value = kept.get(field.id) || "";
      show();
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = $("found").querySelector("a");
      if (first) first.click();
    });
    form.addEventListener("input", remember);
    addEventListener("hashchange", recall);
    recall();

    const clear = () => {
      for (const field of fields) field.value = "";
      remember();
      $("q").focus();
    };
    document.addEventListener("keydown", (event) => {
      const links = [...$("found").querySelectorAll("a")];
      const at = links.indexOf(document.activeElement);
      if (event.key === "Escape" && !$("answers").hidden) clear();
      else if (event.key === "ArrowDown" && (at >= 0 || document.activeElement === $("q")) && links[at + 1]) links[at + 1].focus();
      else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] || $("q")).focus();
      else return;
      event.preventDefault();
    });
  }

  function slashKey() {
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || !$("q")) return;
      event.preventDefault();
      $("q").focus();
      $("q").select();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("button.theme").forEach(themeButton);
    document.querySelectorAll("form[data-away]").forEach(searchAway);
    if ($("find")) searchHere($("find"));
    copyButtons();
    slashKey();
    arrive();
    addEventListener("hashchange", arrive);
  });
})();
