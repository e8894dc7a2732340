import { clicks } from 'mailslot/clicks';
import { consent } from 'mailslot/consent';
import { elements } from 'mailslot/elements';
import { engagement } from 'mailslot/engagement';
import { errors } from 'mailslot/errors';
import { forms } from 'mailslot/forms';
import { frustration } from 'mailslot/frustration';
import { origin } from 'mailslot/origin';
import { sessions } from 'mailslot/sessions';
import { views } from 'mailslot/views';
import { createShopTracker } from './tracker';

const addons = { clicks, consent, elements, engagement, errors, forms, frustration, origin, sessions, views };

for (const [name, start] of Object.entries(addons)) {
  test(`the add-on ${name} starts and stops, and nothing warns`, () => {
    const consoles = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'error')];
    const tracker = createShopTracker(false);
    for (const round of ['first', 'second']) {
      document.body.innerHTML = `<a href="/${round}" data-mailslot="visits">Visit</a><form><input name="a"></form>`;
      const stop = start(tracker, {});
      document
        .querySelector('a')!
        .dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, button: 1 }));
      document.querySelector('input')!.dispatchEvent(new Event('input', { bubbles: true }));
      history.pushState(null, '', `/${name}/${round}`);
      if (typeof stop === 'function') stop();
    }
    for (const spy of consoles) expect(spy).not.toHaveBeenCalled();
  });
}
