// 整台机器的图：照 Python 算好的摆法（layout.py）画成 SVG；每个方框是一个按钮。
import { h, shape } from "./dom.js";

const RIVER = 148, TOP = 26, BOTTOM = 184, RETURN = 208; // 与 layout.py 相同

/** open(部分, 层) 打开一个方框。 */
export function createMap(store, open) {
  const { layout } = store.shape;
  const boxes = [];
  const picture = shape("svg", {
    class: "tg-map", viewBox: `0 0 ${layout.width} ${layout.height}`, role: "group",
    "aria-label": "整台机器：从文字到下一个 token，按一个方框就打开它",
  });
  picture.append(marker(), ...layout.frames.flatMap(frame));
  const [from, to] = layout.river;
  picture.append(shape("line", { class: "tg-river", x1: from, x2: to, y1: RIVER, y2: RIVER }));
  if (layout.frames.length) picture.append(text(layout.frames[0].x + 8, RIVER + 20, "残差流", "tg-faint tg-start"));
  for (const points of layout.arrows) {
    picture.append(shape("polyline", { class: "tg-line", points: points.join(" "), "marker-end": "url(#tg-head)" }));
  }
  for (const x of layout.pluses) {
    picture.append(shape("circle", { class: "tg-plus", cx: x, cy: RIVER, r: 8 }), text(x, RIVER + 5, "+", "tg-plus-sign"));
  }
  for (const x of layout.dots) picture.append(text(x, RIVER - 22, "…", "tg-faint"));
  const middle = (layout.boxes[0].x + layout.boxes.at(-1).x) / 2;
  picture.append(text(middle, RETURN + 18, "接到后面，再算一遍", "tg-faint"));
  layout.boxes.forEach((box) => picture.append(button(box)));
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const now = boxes.findIndex(({ group }) => group === document.activeElement);
    if (!step || now < 0) return;
    event.preventDefault();
    boxes[Math.min(boxes.length - 1, Math.max(0, now + step))].group.focus();
  });

  function frame({ x, width, label }) {
    const around = { class: "tg-frame", x, y: TOP, width, height: BOTTOM - TOP, rx: 7 };
    return [shape("rect", around), text(x + 10, TOP + 18, label, "tg-faint tg-start")];
  }

  function marker() {
    const head = shape("path", { class: "tg-head", d: "M0 0 L7 3 L0 6 z" });
    const size = { markerWidth: 7, markerHeight: 6, refX: 6, refY: 3, orient: "auto" };
    return shape("defs", {}, shape("marker", { id: "tg-head", ...size, markerUnits: "userSpaceOnUse" }, head));
  }

  function text(x, y, words, kind) {
    return shape("text", { x, y, class: kind }, words);
  }

  function button(box) {
    const where = box.layer == null ? "" : `第 ${box.layer + 1} 层的`;
    const lines = box.label.split("\n");
    const top = box.y + box.height / 2 + 5 - 9 * (lines.length - 1);
    const act = () => open(box.part, box.layer ?? store.state.partLayer);
    const group = shape(
      "g",
      {
        class: "tg-box", tabindex: 0, role: "button",
        "aria-label": `${where}${store.shape.parts[box.part].title}`, onclick: act,
        onkeydown: (event) => {
          if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            act();
          }
        },
      },
      shape("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 7 }),
      ...lines.map((line, i) => text(box.x + box.width / 2, top + 18 * i, line, "")),
    );
    boxes.push({ group, box });
    return group;
  }

  /** 点亮现在打开的那个。 */
  function mark() {
    const { part, partLayer } = store.state;
    for (const { group, box } of boxes) {
      const here = box.part === part && (box.layer == null || box.layer === partLayer);
      group.classList.toggle("tg-here", here);
      group.setAttribute("aria-current", here ? "step" : "false");
    }
  }

  return { element: h("div", { class: "tg-map-frame" }, picture), mark };
}
