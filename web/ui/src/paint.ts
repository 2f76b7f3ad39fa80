/**
 * When a change reached the pixels: `data-offset` on the root element after the frame that shows it was painted,
 * and a performance measure `ioc-frame` a delta, for the tests and the benchmark.
 */

const KEPT = 2000;
let measured = 0;

/** Apply a change and note when it was painted; `offset` is the picture's. */
export function painted(offset: number, keys: number, apply: () => void): void {
  const start = performance.now();
  apply();
  // the components are drawn in a microtask that was queued by `apply`
  queueMicrotask(() => queueMicrotask(() => afterPaint(offset, keys, start, performance.now() - start)));
}

function afterPaint(offset: number, keys: number, start: number, script: number): void {
  requestAnimationFrame(() => {
    const begun = performance.now();
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      record(offset, keys, start, script, performance.now() - begun);
    };
    channel.port2.postMessage(null); // delivered once the frame is laid out and painted
  });
}

function record(offset: number, keys: number, start: number, script: number, paint: number): void {
  document.documentElement.dataset.offset = String(offset);
  if ((measured += 1) % KEPT === 0) {
    performance.clearMeasures("ioc-frame");
    performance.clearMarks("ioc-painted");
  }
  performance.mark("ioc-painted", { detail: { offset } });
  performance.measure("ioc-frame", { start, end: performance.now(), detail: { offset, keys, script, paint } });
}
