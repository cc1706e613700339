/** Hands out what was put in by its time, the earliest first; what is due at the same time in the order it came. */
export class EventQueue<Item> {
  readonly #heap: { readonly atMs: number; readonly order: number; readonly item: Item }[] = [];
  #count = 0;

  put(atMs: number, item: Item): void {
    const heap = this.#heap;
    heap.push({ atMs, order: this.#count, item });
    this.#count += 1;
    for (let place = heap.length - 1; place > 0;) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
  }

  take(): { readonly atMs: number; readonly item: Item } | undefined {
    const heap = this.#heap;
    if (heap.length === 0) return undefined;
    this.#swap(0, heap.length - 1);
    const taken = heap.pop();
    for (let place = 0; ;) {
      let least = place;
      // A place beyond the end is before nothing.
      if (this.#isBefore(2 * place + 1, least)) least = 2 * place + 1;
      if (this.#isBefore(2 * place + 2, least)) least = 2 * place + 2;
      if (least === place) return taken;
      this.#swap(place, least);
      place = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [left, right] = [this.#heap[one], this.#heap[other]];
    if (left === undefined || right === undefined) return false;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
  }

  #swap(one: number, other: number): void {
    const [left, right] = [this.#heap[one], this.#heap[other]];
    if (left === undefined || right === undefined) return;
    this.#heap[one] = right;
    this.#heap[other] = left;
  }
}
