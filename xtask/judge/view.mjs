// Everything about a terminal that a snapshot must restore, as plain values that can be compared.

/** Says where two views first differ, or null. */
export function difference(whole, fresh) {
  for (const [part, values] of Object.entries(whole)) {
    for (const [key, value] of Object.entries(values)) {
      const other = fresh[part][key];
      if (value !== other) {
        return `${part}: ${key}: ${clip(value)} against ${clip(other)}`;
      }
    }
    const more = Object.keys(fresh[part]).find((key) => !(key in values));
    if (more !== undefined) {
      return `${part}: ${more}: nothing against ${clip(fresh[part][more])}`;
    }
  }
  return null;
}

function clip(value) {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 240 ? text : text.slice(0, 240) + '…';
}

/** Returns the view of a terminal. */
export function view({ terminal, colours }) {
  const core = terminal._core;
  const { normal, alt, active } = core.buffers;
  const links = new Map();
  const alternate = active === alt;
  const looks = (attributes) => lookOf(core, links, attributes);
  return {
    screen: { showing: alternate ? 'alternate' : 'primary', size: `${terminal.rows}x${terminal.cols}` },
    'lines kept': { primary: normal.lines.length },
    'primary cells': rows(normal, looks),
    'alternate cells': alternate ? rows(alt, looks) : {},
    cursor: { row: active.y, column: active.x, hidden: core.coreService.isCursorHidden },
    pen: { looks: looks(core._inputHandler._curAttrData) },
    'saved cursor': alternate ? { ...saved(normal, 'primary'), ...saved(alt, 'alternate') } : saved(normal, 'primary'),
    margins: { rows: `${active.scrollTop} to ${active.scrollBottom}` },
    'tab stops': { columns: stops(active) },
    charsets: charsets(core._charsetService),
    modes: modes(core),
    parser: parser(core._inputHandler._parser),
    title: {
      window: core._inputHandler._windowTitle,
      'put aside': core._inputHandler._windowTitleStack.join('\n'),
    },
    palette: Object.fromEntries([...colours].sort(([left], [right]) => left - right)),
  };
}

/** Every row as one text: characters, looks and how it hands over to the next one. */
function rows(buffer, looks) {
  const cell = new (buffer.getNullCell().constructor)();
  const all = {};
  for (let at = 0; at < buffer.lines.length; at++) {
    const line = buffer.lines.get(at);
    let text = line.isWrapped ? 'wrapped ' : '';
    let last;
    for (let column = 0; column < line.length; column++) {
      line.loadCell(column, cell);
      const look = looks(cell);
      if (look !== last) {
        text += `{${look}}`;
        last = look;
      }
      // A cell that nothing was printed on and a blank are the same to whoever looks.
      const width = cell.getWidth();
      text += width === 0 ? '' : (cell.getChars() || ' ');
      text += width === 2 ? '»' : '';
    }
    all[`row ${at - buffer.ybase}`] = text.replace(/ +$/, '');
  }
  return all;
}

const HAS_EXTENDED = 0x10000000;

/** Colours and attributes of a cell or pen; links are numbered in the order in which they appear. */
function lookOf(core, links, attributes) {
  const { extended } = attributes;
  let look = colourOf(attributes.fg) + '/' + colourOf(attributes.bg & ~HAS_EXTENDED);
  if (attributes.isUnderline()) {
    look += ` underline ${attributes.getUnderlineStyle()} ${attributes.getUnderlineColor()}`;
    look += ` ${attributes.getUnderlineColorMode()}`;
  }
  if (extended.urlId) {
    if (!links.has(extended.urlId)) {
      links.set(extended.urlId, links.size + 1);
    }
    const { uri } = core._oscLinkService.getLinkData(extended.urlId) ?? {};
    look += ` link ${links.get(extended.urlId)} ${uri}`;
  }
  return look;
}

/** A colour and the flags beside it, without what an earlier colour left in bits that mean nothing. */
function colourOf(bits) {
  const kinds = [0, 0xff, 0xff, 0xffffff];
  const kind = (bits >> 24) & 3;
  return ((bits & 0xff000000) | (bits & kinds[kind])).toString(16);
}

function saved(buffer, name) {
  const { fg, bg } = buffer.savedCurAttrData;
  const row = Math.max(buffer.savedY - buffer.ybase, 0);
  return {
    [`${name}'s row`]: row,
    [`${name}'s column`]: buffer.savedX,
    [`${name}'s pen`]: `${colourOf(fg)}/${colourOf(bg)}`,
    [`${name}'s charset`]: charset(buffer.savedCharset),
  };
}

function stops(buffer) {
  return Object.keys(buffer.tabs).filter((column) => buffer.tabs[column]).join(' ');
}

/** ASCII is no table at all. */
function charset(table) {
  return table ? JSON.stringify(table) : '';
}

function charsets(service) {
  const named = [0, 1, 2, 3].map((index) => [`G${index}`, charset(service._charsets[index])]);
  return { ...Object.fromEntries(named), 'in use': service.glevel, printing: charset(service.charset) };
}

/** Where a sequence is cut, and which character REP would repeat. */
function parser({ currentState, precedingJoinState }) {
  return { state: currentState, 'repeatable character': precedingJoinState };
}

function modes(core) {
  const { options } = core.optionsService;
  return {
    ...core.coreService.modes,
    ...core.coreService.decPrivateModes,
    newline: options.convertEol,
    mouse: core.coreMouseService.activeProtocol,
    'mouse encoding': core.coreMouseService.activeEncoding,
    'cursor style': options.cursorStyle,
    'cursor blink': options.cursorBlink,
  };
}
