// Judges snapshots by xterm.js: is a terminal that saw a snapshot equal to one that saw all output?
//
// Reads one JSON object a line from standard input:
//   {"name", "rows", "cols", "scrollback", "output": base64, "cuts": [{"at", "snapshot": base64}]}
// and answers each with one line:
//   {"name", "cuts": [{"at", "now": difference or null, "later": difference or null, "typed": text}]}
// `now` compares after the snapshot, `later` after the rest of the output as well; `typed` is what
// the terminal sent to the program because of the snapshot.
//
// What the public interface does not show is read from the terminal's core, an object that is not
// promised to stay as it is; so the versions are pinned. It is named where it is read.

import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { view, difference } from './view.mjs';

const require = createRequire(import.meta.url);
const { Terminal } = require('@xterm/headless');
const { Unicode11Addon } = require('@xterm/addon-unicode11');

/** Makes a terminal that notes what it types and how its colours change. */
function open({ rows, cols, scrollback }) {
  const terminal = new Terminal({
    rows,
    cols,
    scrollback,
    allowProposedApi: true,
    logLevel: 'off',
    // Off by default; on, the stack of titles can be judged.
    windowOptions: { pushTitle: true, popTitle: true },
  });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  const seen = { terminal, typed: '', held: Buffer.alloc(0), colours: new Map() };
  terminal.onData((text) => (seen.typed += text));
  terminal.onBinary((text) => (seen.typed += text));
  // The headless build has no palette of its own, only requests to change one.
  terminal._core._inputHandler.onColor((requests) => requests.forEach((one) => recolour(seen.colours, one)));
  return seen;
}

function recolour(colours, { type, index, color }) {
  const [set, restore] = [1, 2];
  if (type === set) {
    colours.set(index, color.join());
  } else if (type === restore && index === undefined) {
    [...colours.keys()].filter((key) => key < 256).forEach((key) => colours.delete(key));
  } else if (type === restore) {
    colours.delete(index);
  }
}

/**
 * Lets a terminal see bytes, but for the beginning of a character: that waits for its rest.
 *
 * This version of xterm.js loses a character whose three bytes come as two and one.
 */
function write(seen, bytes) {
  const all = Buffer.concat([seen.held, bytes]);
  const whole = all.length - unfinished(all);
  seen.held = all.subarray(whole);
  seen.terminal._core.writeSync(all.subarray(0, whole));
}

/** Returns how many bytes at the end begin a character that goes on. */
function unfinished(bytes) {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length];
    if (0xc0 <= byte) {
      const needed = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1;
      return length < needed ? length : 0;
    }
    if (byte < 0x80) {
      break;
    }
  }
  return 0;
}

/** Judges one output at all its cuts. */
function judge(task) {
  const output = Buffer.from(task.output, 'base64');
  const whole = open(task);
  const cuts = [];
  let from = 0;
  for (const { at, snapshot } of task.cuts) {
    write(whole, output.subarray(from, at));
    from = at;
    const fresh = open(task);
    write(fresh, Buffer.from(snapshot, 'base64'));
    const now = difference(view(whole), view(fresh));
    const { typed } = fresh;
    write(fresh, output.subarray(at));
    // Only its view is kept: hundreds of terminals would not fit.
    cuts.push({ at, now, later: view(fresh), typed });
  }
  write(whole, output.subarray(from));
  const end = view(whole);
  return { name: task.name, cuts: cuts.map((cut) => ({ ...cut, later: difference(end, cut.later) })) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(judge(JSON.parse(line))) + '\n');
}
