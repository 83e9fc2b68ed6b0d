// The part of uPlot that the page uses.
export default class uPlot {
  constructor(options: Record<string, unknown>, data: (number | null)[][], place: HTMLElement);
  readonly ctx: CanvasRenderingContext2D;
  readonly bbox: { left: number; top: number; width: number; height: number };
  readonly cursor: { idx: number | null; left: number; top: number };
  readonly data: (number | null)[][];
  setData(data: (number | null)[][], resetScales?: boolean): void;
  setSize(size: { width: number; height: number }): void;
  setCursor(place: { left: number; top: number }): void;
  valToPos(value: number, scale: string, canvasPixels?: boolean): number;
  posToVal(position: number, scale: string): number;
  redraw(rebuildPaths?: boolean): void;
  destroy(): void;
}
