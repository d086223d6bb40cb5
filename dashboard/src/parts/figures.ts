import { needlePath } from '../live/dense.ts'
import type { Figure, Laid } from '../live/dense.ts'

interface Written {
  readonly value: HTMLElement
  readonly scale: HTMLElement | null
  /** A needle of its own; the others are drawn together. */
  readonly needle: HTMLElement | null
  text: string
  at: number | undefined
}

/**
 * Writes the figures of many tiles at once: a text for each, and one path for all ordinary needles. Five hundred texts and needles that go
 * through a component each, every second, keep a cheap computer busy with nothing else.
 */
export class Figures {
  readonly #root: HTMLElement
  readonly #path: SVGPathElement
  #tiles: readonly Written[] = []
  #laid = new WeakMap<HTMLElement, Laid>()

  constructor(root: HTMLElement, path: SVGPathElement) {
    this.#root = root
    this.#path = path
  }

  /** Takes the tiles as they have just been built, in their order. */
  adopt(): void {
    this.#tiles = [...this.#root.querySelectorAll<HTMLElement>('.tile')].flatMap(tile => {
      const value = tile.querySelector<HTMLElement>('.value')
      const scale = tile.querySelector<HTMLElement>('.scale')
      return value
        ? { value, scale, needle: scale?.querySelector('b') ?? null, text: value.textContent ?? '', at: undefined }
        : []
    })
  }

  /** Looks where the scales lie, which costs a layout: when there are other tiles, and when their room changes. */
  measure(): void {
    const { left, top } = this.#root.getBoundingClientRect()
    for (const { scale } of this.#tiles) {
      if (!scale) continue
      const { x, y, width, height } = scale.getBoundingClientRect()
      this.#laid.set(scale, { x: x - left, y: y - top, width, height })
    }
  }

  show(figures: readonly Figure[]): void {
    let path = ''
    for (const [index, tile] of this.#tiles.entries()) {
      const { text = '', at } = figures[index] ?? {}
      if (tile.text !== text) {
        const [node] = tile.value.childNodes
        if (node instanceof Text) node.data = text
        else tile.value.textContent = text
        tile.text = text
      }
      if (at === undefined) continue
      if (tile.needle) {
        if (tile.at !== at) tile.needle.style.left = `${at.toFixed(1)}%`
        tile.at = at
        continue
      }
      const laid = tile.scale && this.#laid.get(tile.scale)
      if (laid) path += needlePath(laid, at)
    }
    this.#path.setAttribute('d', path)
  }
}
