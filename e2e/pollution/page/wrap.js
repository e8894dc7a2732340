// Replaces members of the platform, each named by its path, such as `IDBObjectStore.prototype.put`.
// biome-ignore lint/correctness/noUnusedVariables: for the next scripts of the page
const wrap = (() => {
  const { apply, construct, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { isPrototypeOf: isBelow } = Object.prototype;
  const later = setTimeout;
  const OwnPromise = Promise;

  const ownerOf = (path) => {
    let owner = window;
    const names = path.split('.');
    const name = names.pop();
    for (const part of names) owner = owner?.[part];
    return { owner, name: name.startsWith('@@') ? Symbol[name.slice(2)] : name };
  };

  /** `make` gets the original function and returns the other one; a getter counts as a function. */
  const change = (path, make) => {
    const { owner, name } = ownerOf(path.replace(/^new /, ''));
    const descriptor = owner && getOwnPropertyDescriptor(owner, name);
    if (!descriptor?.configurable) return;
    const kind = descriptor.get ? 'get' : 'value';
    defineProperty(owner, name, { ...descriptor, [kind]: make(descriptor[kind], owner) });
  };

  /** Keeps what else a function has, such as `AbortSignal.timeout`. */
  const around = (original, call) =>
    new Proxy(original, {
      apply: (_, receiver, values) => call(receiver, values, () => apply(original, receiver, values)),
      construct: (_, values, target) => call(undefined, values, () => construct(original, values, target)),
    });

  return {
    /** Fails unless the receiver has the member. Pages call functions of the window without a receiver. */
    strict(path) {
      change(path, (original, owner) => {
        if (path.startsWith('new ')) return original;
        return around(original, (receiver, _values, go) => {
          const bare = receiver === undefined && Object.hasOwn(window, path);
          if (!bare && !(owner === receiver || isBelow.call(owner, Object(receiver))))
            throw new TypeError(`${path} was called on something else`);
          return go();
        });
      });
    },

    throwing(path, times) {
      let left = times;
      change(path, (original) =>
        around(original, (_receiver, _values, go) => {
          if (left-- > 0) throw new DOMException(`${path} fails`, 'SecurityError');
          return go();
        }),
      );
    },

    /** Delays the promise that a function returns, and the calls of the functions that it gets. */
    asynchronous(path) {
      const wait = (call) =>
        new OwnPromise((resolve, reject) =>
          later(() => {
            try {
              resolve(call());
            } catch (error) {
              reject(error);
            }
          }, 10),
        );
      change(path, (original) =>
        around(original, (_, values, go) => {
          for (let index = 0; index < values.length; index++) {
            const callback = values[index];
            if (typeof callback !== 'function') continue;
            values[index] = function (...given) {
              return wait(() => apply(callback, this, given));
            };
          }
          const result = go();
          return result instanceof OwnPromise ? wait(() => result) : result;
        }),
      );
    },

    missing(path) {
      const { owner, name } = ownerOf(path.replace(/^new /, ''));
      if (owner) defineProperty(owner, name, { value: undefined, configurable: true, writable: true });
    },

    replaced(path, replacement) {
      change(path, () => replacement);
    },
  };
})();
