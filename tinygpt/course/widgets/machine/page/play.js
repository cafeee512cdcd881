// 走一遍：从文字到取一个，一站一站地走；可以停，可以退。
import { h } from "./dom.js";
import { button } from "./controls.js";

const STATION_TIME = 1600; // 毫秒：一站停多久

/** 全部的站，照数据走过的次序：[部分, 层, 站]。 */
export function itinerary(shape) {
  const stops = [];
  const add = (part, layer) => {
    const { stations } = shape.parts[part];
    if (stations.length === 0) stops.push([part, layer, null]);
    stations.forEach((station) => stops.push([part, layer, station.name]));
  };
  add("tokens", 0);
  add("embedding", 0);
  for (let layer = 0; layer < shape.n_layer; layer++) {
    add("attention", layer);
    add("feed_forward", layer);
  }
  for (const part of ["norm", "logits", "probabilities", "next"]) if (shape.parts[part]) add(part, shape.n_layer - 1);
  return stops;
}

/** go(部分, 层, 站) 走到一站；走到头时 writer 写一个，再从头走。 */
export function createPlayer(store, go, writer) {
  const stops = itinerary(store.shape);
  const place = h("span", { class: "tg-small" });
  const play = button("走一遍", toggle);
  const row = h("div", { class: "tg-player" }, button("上一站", () => step(-1)), play, button("下一站", () => step(1)), place);
  let timer = null;

  function here() {
    const { part, partLayer, station } = store.state;
    const ofLayer = ["attention", "feed_forward"].includes(part);
    return stops.findIndex(([p, layer, s]) => p === part && s === station && (!ofLayer || layer === partLayer));
  }

  async function step(by) {
    const next = here() + by;
    if (next < 0) return;
    if (next < stops.length) return go(...stops[next]);
    await writer.writeOne();
    go(...stops[0]);
  }

  function toggle() {
    if (timer) return stop();
    play.textContent = "停";
    timer = setInterval(() => step(1), STATION_TIME);
    step(1);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "走一遍";
  }

  function draw() {
    place.textContent = `第 ${here() + 1} 站，一共 ${stops.length} 站`;
  }

  return { row, draw, stop };
}
