// Records which members of the platform mailslot's own code uses. Chromium only, because it reads stack traces.
{
  const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  const OwnError = Error;
  const OwnProxy = Proxy;
  const { split, includes } = String.prototype;
  const seen = new Set();
  const { has, add } = Set.prototype;
  Error.stackTraceLimit = 10;

  let busy = false;
  const note = (path) => {
    if (busy || apply(has, seen, [path])) return;
    busy = true;
    // The lines: the message, this function, the trap, and the caller.
    const caller = apply(split, new OwnError().stack, ['\n'])[3] ?? '';
    if (['/mailslot.js', '/npm.js', '/stub.js'].some((file) => apply(includes, caller, [file]))) {
      apply(add, seen, [path]);
      journey.report('uses', path);
    }
    busy = false;
  };

  const nameOf = (key) => (typeof key === 'symbol' ? `@@${key.description.replace('Symbol.', '')}` : key);
  const recorded = (path, original) =>
    new OwnProxy(original, {
      apply(_, receiver, values) {
        note(path);
        return apply(original, receiver, values);
      },
      construct(_, values, target) {
        note(`new ${path}`);
        return construct(original, values, target);
      },
    });

  const record = (owner, path) => {
    for (const key of ownKeys(owner)) {
      const descriptor = getOwnPropertyDescriptor(owner, key);
      if (!descriptor.configurable || key === 'constructor') continue;
      const own = `${path}${nameOf(key)}`;
      if (descriptor.get) {
        const { get } = descriptor;
        defineProperty(owner, key, {
          ...descriptor,
          get() {
            note(own);
            return apply(get, this, []);
          },
        });
      } else if (typeof descriptor.value === 'function') {
        const { value } = descriptor;
        if (owner === window) {
          for (const part of [value, value.prototype])
            if (part && part !== Function.prototype) record(part, part === value ? `${own}.` : `${own}.prototype.`);
        }
        defineProperty(owner, key, { ...descriptor, value: recorded(own, value) });
      } else if (owner === window && ['Math', 'JSON', 'Reflect'].includes(key)) record(descriptor.value, `${key}.`);
    }
  };
  // These two have no global name.
  record(Object.getPrototypeOf(Int8Array).prototype, 'TypedArray.prototype.');
  record(window, '');
}
