/** Pictures of parts of something large, painted once and put together for every frame. */

export const TILE_PX = 512;
const MOST = 40; // kept at a time

export class Tiles {
  constructor() {
    /** @type {Map<string, HTMLCanvasElement>} those used last are last */
    this.tiles = new Map();
    /** @type {HTMLCanvasElement[]} canvases to paint on again */
    this.free = [];
    /** @type {any[]} */
    this.reasons = [];
  }

  /** Forget all pictures. */
  clear() {
    this.free.push(...this.tiles.values());
    this.tiles.clear();
  }

  /**
   * Keep the pictures while they show the same: forget them if one of the reasons has changed.
   * @param {any[]} reasons
   */
  keepFor(reasons) {
    const now = [...reasons, devicePixelRatio];
    if (now.some((each, index) => each !== this.reasons[index])) this.clear();
    this.reasons = now;
  }

  /**
   * Fill a rectangle of a canvas with a part of a layer.
   * @param {CanvasRenderingContext2D} g
   * @param {string} layer
   * @param {[number, number]} from the part's upper left corner in the layer
   * @param {[number, number, number, number]} onto x, y, width and height on the canvas
   * @param {(g: CanvasRenderingContext2D, x: number, y: number) => void} paint paints the tile that
   *   begins there in the layer
   */
  draw(g, layer, [left, top], [x, y, width, height], paint) {
    const scale = devicePixelRatio;
    const whole = (pixels) => Math.round(pixels * scale) / scale;
    g.save();
    g.beginPath();
    g.rect(x, y, width, height);
    g.clip();
    for (let row = Math.floor(top / TILE_PX); row * TILE_PX < top + height; row += 1) {
      for (let column = Math.floor(left / TILE_PX); column * TILE_PX < left + width; column += 1) {
        const tile = this.#tile(`${layer} ${column} ${row}`, scale, (context) => paint(context, column * TILE_PX, row * TILE_PX));
        g.drawImage(tile, whole(x + column * TILE_PX - left), whole(y + row * TILE_PX - top), TILE_PX, TILE_PX);
      }
    }
    g.restore();
  }

  #tile(name, scale, paint) {
    let tile = this.tiles.get(name);
    if (tile) this.tiles.delete(name);
    else {
      tile = this.#canvas(Math.round(TILE_PX * scale));
      const context = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d", { alpha: false }));
      context.setTransform(scale, 0, 0, scale, 0, 0);
      paint(context);
    }
    this.tiles.set(name, tile);
    return tile;
  }

  /** A canvas that is free, or the one used longest ago. */
  #canvas(size) {
    const [oldest] = this.tiles.size >= MOST ? this.tiles.keys() : [];
    const canvas = this.free.pop() ?? (oldest && this.tiles.get(oldest)) ?? document.createElement("canvas");
    if (oldest && canvas === this.tiles.get(oldest)) this.tiles.delete(oldest);
    if (canvas.width !== size) canvas.width = canvas.height = size;
    return canvas;
  }
}
