// 把回答画成一格一格的 token，把候选画成一列按钮。只管样子，不知道网络。

const LOWEST_ID = 8; // 0–7 是特殊 token，只有 <eos> 能挑：到此为止
export const EOS = 7;

export function percent(p) {
  if (p < 0.001) return "<0.1%";
  if (p >= 0.995) return ">99%";
  return p < 0.0995 ? `${(100 * p).toFixed(1)}%` : `${Math.round(100 * p)}%`;
}

/** 五级：0 最有把握，4 最没有。 */
export function level(p) {
  return [0.8, 0.5, 0.2, 0.05].filter((edge) => p < edge).length;
}

/** 看得见的写法：换行、单独的空格也要看得见。 */
export function visible(token) {
  if (token === "<eos>") return "（结束）";
  return visibleLine(token).replace(/^ +$/, (spaces) => "␣".repeat(spaces.length));
}

const visibleLine = (token) => token.replaceAll("\n", "⏎");

export function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * 每一步写在格子里的字。一个汉字分在几个字节 token 里时，写在凑齐它的那一格，前面的几格是“·”。
 */
export function writings(steps) {
  const decoder = new TextDecoder();
  return steps.map((step) => {
    const written = decoder.decode(new Uint8Array(step.bytes), {stream: true});
    return /^<0x..>$/.test(step.token) ? written || "·" : step.token;
  });
}

/** 一格，里面写着 written。ending 是决定停下的那一步：它写的（多半是 <eos>）不在文字里，只画出“停”。 */
export function tokenCell(step, written, index, ending) {
  const cell = element("span", ending ? "token end" : "token", ending ? "停" : visibleLine(written));
  cell.dataset.level = level(step.p);
  cell.dataset.percent = percent(step.p);
  cell.setAttribute("role", "button");
  cell.setAttribute("aria-expanded", "false");
  const name = ending ? `在这里停下（写的是 ${visible(step.token)}）` : visible(step.token);
  const label = `${name}，概率 ${percent(step.p)}，第 ${index + 1} 个`;
  cell.setAttribute("aria-label", label);
  cell.title = label;
  cell.tabIndex = -1;
  return cell;
}

/** 一个 token 的候选；choose(候选) 在挑了一个时调用。 */
export function alternatives(step, index, choose) {
  const box = element("div", "alternatives");
  box.setAttribute("role", "group");
  const title = `第 ${index + 1} 个 token，模型给的概率。挑一个，从它接着写：`;
  box.setAttribute("aria-label", title);
  box.append(element("p", "", title));
  const listed = step.top.some((other) => other.id === step.id) ? step.top : [...step.top, step];
  for (const other of listed) {
    const button = element("button", "alternative");
    button.type = "button";
    button.disabled = other.id < LOWEST_ID && other.id !== EOS;
    const chosen = other.id === step.id;
    button.setAttribute("aria-current", chosen);
    button.setAttribute("aria-label", `${visible(other.token)}，${percent(other.p)}${chosen ? "，写的是它" : ""}`);
    const bar = element("span", "bar");
    bar.style.width = `${100 * other.p}%`;
    button.append(element("span", "word", visible(other.token)), bar, element("span", "percent", percent(other.p)));
    button.addEventListener("click", () => choose(other));
    box.append(button);
  }
  return box;
}
