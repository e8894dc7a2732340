// The same thousand events for both pages, made outside of what is measured.

const words = 'stamp letter parcel postcard envelope crate sack slot street town river harbour'.split(' ');

/** One purchase as a shop would track it: about 1 kB of JSON. */
function makeEvent(index) {
  return {
    item: `${words[index % words.length]} ${index}`,
    price: index / 8,
    currency: 'EUR',
    new_customer: index % 3 === 0,
    page: {
      url: `https://shop.example/catalogue/${words[index % 7]}/${index}?from=newsletter&variant=${index % 5}`,
      title: `Buy ${words[index % words.length]} number ${index} at the shop of the example`,
      referrer: 'https://search.example/results?q=stamps+and+letters&page=2',
      path: `/catalogue/${words[index % 7]}/${index}`,
    },
    screen: { width: 1920, height: 1080, density: 2, orientation: 'landscape-primary' },
    campaign: { source: 'newsletter', medium: 'email', name: 'autumn', term: null, content: 'second-link' },
    user: { id: `user-${index * 7919}`, plan: 'standard', signed_up: '2024-03-01T09:30:00.000Z', orders: index % 40 },
    basket: Array.from({ length: 8 }, (_, place) => `${words[(index + place) % words.length]}-${index}-${place}`),
    note: 'Leave it with the neighbours, please; the bell does not ring and the dog barks at everyone who knocks. '.repeat(
      2,
    ),
  };
}

export const makeEvents = () => Array.from({ length: 1000 }, (_, index) => makeEvent(index));

/** Until the browser has nothing left to do for this page. */
export const idle = () => new Promise((resolve) => requestIdleCallback(() => setTimeout(resolve)));
