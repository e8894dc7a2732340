import { listen } from './listen.ts';
import { safeName } from './selector.ts';
import { hasPage, LEAVE, type Stop, type Target } from './target.ts';

/** A visitor began to fill in a form. */
export interface FormStartEvent {
  /** The form's name, else its id, else its number on the page. */
  form: string;
}

/** A form was submitted, and its fields were valid or not to be checked. */
export interface FormSubmissionEvent extends FormStartEvent {
  seconds: number;
}

/** A visitor left the view without submitting a form that they had begun. */
export interface FormAbandonEvent extends FormSubmissionEvent {
  /** The number of fields, of those that are filled in, and of those that are invalid. */
  fields: number;
  filled: number;
  invalid: number;
  /** Name of the field that was changed last, if it can hold nothing private. */
  last_field?: string;
}

/** For a tracker's event map. */
export interface FormEvents {
  form_starts: FormStartEvent;
  form_submissions: FormSubmissionEvent;
  form_abandons: FormAbandonEvent;
}

interface Started {
  _time: number;
  _last?: string | undefined;
}

const FIELDS = 'input:not([type=hidden],[type=submit],[type=button],[type=reset],[type=image]),select,textarea';

/**
 * Tracks when forms are begun, submitted and abandoned. It counts fields and never records their values.
 *
 * @returns stops tracking
 */
export function forms(tracker: Target): Stop {
  if (!hasPage) return () => {};
  const started = new Map<HTMLFormElement, Started>();

  const describe = (form: HTMLFormElement) => ({
    // A field that is called `name` or `id` hides the form's property.
    form: safeName(form) ?? safeName(form, 'id') ?? String([...document.forms].indexOf(form)),
    seconds: Math.round((performance.now() - started.get(form)!._time) / 1000),
  });

  const abandon = () => {
    for (const [form, { _last }] of started) {
      const fields = [...form.querySelectorAll<HTMLInputElement>(FIELDS)];
      const isFilled = ({ type, checked, value }: HTMLInputElement) =>
        type === 'checkbox' || type === 'radio' ? checked : value !== '';
      tracker.track('form_abandons', {
        ...describe(form),
        fields: fields.length,
        filled: fields.filter(isFilled).length,
        invalid: fields.filter((field) => !field.validity.valid).length,
        last_field: _last,
      });
    }
    started.clear();
  };

  return listen(`input submit pagehide ${LEAVE}`, (event) => {
    const { type } = event;
    const [field] = event.composedPath();
    const form: HTMLFormElement | undefined = type === 'submit' ? field : field.form;
    if (type[0] !== 'i' && type[0] !== 's') return abandon();
    if (!form || form.closest('[data-mailslot-ignore]')) return;
    if (!started.has(form)) {
      started.set(form, { _time: performance.now() });
      if (type === 'input') tracker.track('form_starts', { form: describe(form).form });
    }
    if (type === 'input') started.get(form)!._last = safeName(field);
    else if (form.hasAttribute('novalidate') || !form.querySelector(':invalid')) {
      tracker.track('form_submissions', describe(form));
      started.delete(form);
    }
  });
}
