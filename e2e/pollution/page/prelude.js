// The first script of each page: takes what the journey needs from the platform before a pollution changes it.
// biome-ignore lint/correctness/noUnusedVariables: for the next scripts of the page
const journey = (() => {
  const { apply } = Reflect;
  const { stringify } = JSON;
  const { now } = Date;
  const { open, send } = XMLHttpRequest.prototype;
  const Request = XMLHttpRequest;
  const Timeout = setTimeout;
  const encode = encodeURIComponent;
  const goTo = location.assign.bind(location);
  const { collection } = document.querySelector('meta[name=journey]').dataset;

  let count = 0;
  /** Sends a text to the site. Synchronous, so that nothing is lost when the page ends. */
  const report = (what, text) => {
    const request = new Request();
    const value = encode(stringify(`${text}`));
    apply(open, request, ['GET', `/report?what=${what}&value=${value}&count=${count++}`, false]);
    apply(send, request, []);
  };

  const textOf = (value) => {
    try {
      return typeof value === 'object' && !(value instanceof Error) ? stringify(value) : `${value}`;
    } catch {
      return 'something without a text';
    }
  };

  const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
  const roots = [Object.prototype, Array.prototype];

  /** The JSON of a value, without a `toJSON` that the page has given to all objects or to all lists. */
  const jsonOf = (value) => {
    const hidden = [];
    for (let index = 0; index < 2; index++) {
      hidden[index] = getOwnPropertyDescriptor(roots[index], 'toJSON');
      if (hidden[index]) deleteProperty(roots[index], 'toJSON');
    }
    try {
      return stringify(value);
    } finally {
      for (let index = 0; index < 2; index++) if (hidden[index]) defineProperty(roots[index], 'toJSON', hidden[index]);
    }
  };

  let started = false;
  for (const method of ['error', 'warn', 'log', 'info', 'debug']) {
    console[method] = (...values) => {
      let text = `${method}:`;
      for (let index = 0; index < values.length; index++) text += ` ${textOf(values[index])}`;
      if (started) report('said', text);
    };
  }
  addEventListener('error', ({ message }) => report('escaped', message));
  addEventListener('unhandledrejection', ({ reason }) => report('escaped', `rejection: ${textOf(reason)}`));

  const pause = (ms) => new Promise((done) => Timeout(done, ms));

  return {
    collection,
    report,
    textOf,
    pause,
    now,
    jsonOf,
    goTo,
    /** Called after the pollution, whose own words do not count. */
    start: () => void (started = true),
  };
})();
