/* Play a call: both sides, the caller left, the agent right.
 *
 * const player = listenIn(holder, callId, { base: '/', label: 'Listen in', stopLabel: 'Stop listening' });   player.stop();
 *
 * Puts a button into `holder`. The button starts and stops: a browser plays sound only after a click. Pieces of mu-law
 * (two samples in turn) come by WebSocket and are scheduled behind one another, LEAD ahead of the loudspeaker. A piece
 * that would lie further ahead than MOST is dropped, so that what was held up does not stay behind. `closed` is told the
 * code with which the server has closed. `holder` has the data-state `waiting`, then `playing`. */
function listenIn(holder, callId, { base = '/', label = 'Listen in', stopLabel = label, closed = () => {} } = {}) {
  const LEAD = 0.12, MOST = 0.4;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  holder.append(button);
  let socket = null, context = null, at = 0;
  const table = Float32Array.from({ length: 256 }, (_, code) => {
    const bits = ~code & 0xff, size = (((bits & 0x0f) << 3) + 132) << ((bits & 0x70) >> 4);
    return ((bits & 0x80 ? -1 : 1) * (size - 132)) / 32768;
  });
  const play = (data) => {
    const codes = new Uint8Array(data), count = codes.length / 2;
    if (!count || at > context.currentTime + MOST) return;
    const buffer = context.createBuffer(2, count, 8000);
    for (let side = 0; side < 2; side += 1) {
      const samples = buffer.getChannelData(side);
      for (let i = 0; i < count; i += 1) samples[i] = table[codes[2 * i + side]];
    }
    if (at < context.currentTime + 0.01) at = context.currentTime + LEAD;
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(at);
    at += count / 8000;
  };
  const stop = () => {
    socket?.close();
    context?.close();
    socket = context = null;
    at = 0;
    button.textContent = label;
    holder.removeAttribute('data-state');
  };
  const start = () => {
    // At the telephone's own rate, pieces join without a click.
    try { context = new AudioContext({ sampleRate: 8000 }); } catch { context = new AudioContext(); }
    const url = new URL(`${base}board/listen/${encodeURIComponent(callId)}`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const own = socket = new WebSocket(url);
    own.binaryType = 'arraybuffer';
    own.onmessage = (message) => {
      if (own !== socket || typeof message.data === 'string') return;
      holder.dataset.state = 'playing';
      play(message.data);
    };
    own.onclose = (closing) => {
      if (own !== socket) return;
      stop();
      closed(closing.code);
    };
    button.textContent = stopLabel;
    holder.dataset.state = 'waiting';
  };
  button.addEventListener('click', () => (socket ? stop() : start()));
  return { stop };
}
