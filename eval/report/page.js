// Plays the clips of the chosen set in step, shows the chosen trade-off, and dims all arms but the one in the
// legend under the mouse.
"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  const clip = one("clip");
  if (clip) {
    const play = one("play"), frame = one("frame"), number = one("frame-number"), rate = one("rate");
    let playing = !matchMedia("(prefers-reduced-motion: reduce)").matches, shown = 0, screens = [], last = 0;

    // A clip that is shorter than the longest one stays on its last frame until all begin again.
    const show = (index) => {
      shown = index;
      for (const screen of screens) {
        const { frames, columns, rows } = screen.dataset, at = Math.min(index, frames - 1);
        const x = (at % columns) / columns, y = Math.floor(at / columns) / rows;
        screen.firstElementChild.style.transform = `translate(${-100 * x}%, ${-100 * y}%)`;
      }
      frame.value = index;
      number.textContent = `${index + 1} / ${+frame.max + 1}`;
    };
    const choose = () => {
      for (const set of all(".clip-set")) set.hidden = set.dataset.clip !== clip.value;
      screens = all(".clip-set:not([hidden]) .screen[data-frames]");
      frame.max = Math.max(...screens.map((screen) => screen.dataset.frames)) - 1;
      show(0);
    };
    const set_playing = (value) => {
      playing = value;
      play.textContent = value ? "Pause" : "Play";
    };
    const tick = (now) => {
      const step = 1000 / Math.min(Math.max(+rate.value || 8, 1), 60);
      if (playing && now - last >= step) {
        last = now - last > 4 * step ? now : last + step;
        show((shown + 1) % (+frame.max + 1));
      }
      requestAnimationFrame(tick);
    };
    clip.addEventListener("change", choose);
    play.addEventListener("click", () => set_playing(!playing));
    frame.addEventListener("input", () => { set_playing(false); show(+frame.value); });
    one("strip").addEventListener("change", (event) => one("clips").classList.toggle("strip", event.target.checked));
    choose();
    set_playing(playing);
    requestAnimationFrame(tick);
  }

  const metric = one("tradeoff-metric");
  if (metric) {
    const choose = () => {
      for (const group of all(".tradeoff")) group.hidden = group.dataset.measure !== metric.value;
    };
    metric.addEventListener("change", choose);
    choose();
  }

  for (const item of all(".legend li")) {
    const dim = (but) => {
      for (const part of all(".series, .plot .letter", item.closest("section")))
        part.classList.toggle("dim", but !== null && part.dataset.arm !== but);
    };
    item.addEventListener("mouseenter", () => dim(item.dataset.arm));
    item.addEventListener("mouseleave", () => dim(null));
  }
})();
