// 从 logits 到概率，再抽一个：与 tinygpt/sampling.py 的次序相同，温度 → top-k → top-p → 抽。
// 拨滑块时只用这里的函数，不问内核。

export const NO_LIMIT = 100; // top-k 拨到这里，表示不限

/** 从大到小的编号；一样大的，编号小的在前。每一步只排一次。 */
export function descending(logits) {
  return Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
}

/** 概率 (v,)：setting 有 temperature、topK、topP。order 是 descending(logits)。 */
export function distribution(logits, order, { temperature, topK, topP }) {
  const p = new Float64Array(logits.length);
  const top = logits[order[0]];
  const kept = topK >= NO_LIMIT ? order.length : topK;
  let total = 0;
  for (let i = 0; i < kept; i++) total += p[order[i]] = Math.exp((logits[order[i]] - top) / temperature);
  let before = 0; // 排在前面的概率之和
  let left = 0;
  for (let i = 0; i < kept; i++) {
    const mine = p[order[i]] / total;
    const stays = topP >= 1 || before < topP || before <= 0;
    p[order[i]] = stays ? mine : 0;
    if (stays) left += mine;
    before += mine;
  }
  for (let i = 0; i < kept; i++) p[order[i]] /= left;
  return p;
}

/** u 在 0 与 1 之间：从大到小把概率接成一条线段，u 落在谁那一段就取谁。 */
export function pick(p, order, u) {
  let sum = 0;
  for (const id of order) {
    sum += p[id];
    if (u < sum) return id;
  }
  return order[0];
}

/** 0 到 1 的随机数；给了种子，每次都是同一串（mulberry32）。 */
export function randomNumbers(seed) {
  if (seed == null) return Math.random;
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
