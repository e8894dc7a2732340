import { listen } from './listen.ts';
import { resumable } from './resumable.ts';
import { safeName } from './selector.ts';
import type { Stop, Target } from './target.ts';

/** A visitor began to fill in a form. */
export interface FormStartEvent {
  /** The form's name, else its id, else its number on the page. */
  form: string;
}

/** A form was submitted. A browser submits only valid forms, unless they are not to be checked. */
export type FormSubmissionEvent = FormStartEvent;

/** A visitor left the view without submitting a form that they had begun. */
export interface FormAbandonEvent extends FormStartEvent {
  /** The number of fields that the visitor changed. */
  filled: number;
  /** Name of the field that was changed last, if it can hold nothing private. */
  last_field?: string;
}

/** For a tracker's event map. */
export interface FormEvents {
  form_starts: FormStartEvent;
  form_submissions: FormSubmissionEvent;
  form_abandons: FormAbandonEvent;
}

/**
 * Tracks when forms are begun, submitted and abandoned. It counts fields and never records their values.
 *
 * @returns stops tracking
 */
export const forms: (tracker: Target) => Stop = resumable(() => {
  /** The forms that were begun, and the fields that were changed in them, the last one last. */
  const begun = new Map<HTMLFormElement, Set<Element>>();
  return (tracker) => {
    const track = (what: string, form: HTMLFormElement, more?: object) =>
      tracker.track(`form_${what}`, {
        // A field that is called `name` or `id` hides the form's property.
        form: safeName(form) ?? safeName(form, 'id') ?? `${[...document.forms].indexOf(form)}`,
        ...more,
      });

    return listen('input submit pagehide mailslot:leave', (event) => {
      const [target] = event.composedPath();
      const isSubmit = event.type === 'submit';
      const form: HTMLFormElement | null = isSubmit ? target : target.form;
      if (!isSubmit && event.type !== 'input') {
        for (const [left, fields] of begun) {
          track('abandons', left, { filled: fields.size, last_field: safeName([...fields].at(-1)!) });
        }
        begun.clear();
      } else if (form && !form.closest('[data-mailslot-ignore]')) {
        const fields = begun.get(form) ?? new Set();
        if (isSubmit) {
          track('submissions', form);
          begun.delete(form);
        } else {
          if (!fields.size) track('starts', form);
          fields.delete(target);
          begun.set(form, fields.add(target));
        }
      }
    });
  };
});
