// The sign-in form. The field for the second factor's code appears once the API asks for one.

import { useEffect, useRef, useState } from "react";

import { signIn } from "./api.js";

const WANTS_CODE = ["TWO_FACTOR_REQUIRED", "TWO_FACTOR_INVALID"];

/** Which field the user has to look at after a refusal. */
function fieldAtFault({ code, field }) {
  if (WANTS_CODE.includes(code)) return "code";
  return field?.at(-1) === "email" ? "email" : "password";
}

/** What to tell. That a code is wanted is no fault of anybody: the new field with its hint says it. */
function wordsOf({ code, message, retryAfterMs }) {
  if (code === "TWO_FACTOR_REQUIRED") return null;
  if (!retryAfterMs) return message;
  return `${message} Try again in ${Math.ceil(retryAfterMs / 1000)} seconds.`;
}

/** The form's state: one attempt at a time, and the refusal of the last one. */
function useAttempt(onSignedIn) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(null);

  async function attempt(input) {
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    try {
      const [error] = await signIn(input);
      if (error) setRefusal({ field: fieldAtFault(error), words: wordsOf(error), code: error.code });
      else await onSignedIn();
    } catch (error) {
      setRefusal({ field: null, words: error.message });
    }
    setBusy(false);
  }

  return { busy, refusal, attempt };
}

function Field({ id, label, refusal, hint, ...input }) {
  const refused = Boolean(refusal?.words) && refusal.field === id;
  const described = [hint && `${id}-hint`, refused && "refusal"].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={id} required aria-invalid={refused} aria-describedby={described || undefined} {...input} />
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

const QUIET = { autoCapitalize: "none", autoCorrect: "off", spellCheck: false };

function Fields({ refusal, withCode }) {
  return (
    <>
      <Field id="email" label="E-mail" type="email" autoComplete="username" autoFocus refusal={refusal} {...QUIET} />
      <Field id="password" label="Password" type="password" autoComplete="current-password" refusal={refusal} />
      {withCode && (
        <Field
          id="code"
          label="Code"
          hint="Six digits from your authenticator, or a recovery code."
          autoComplete="one-time-code"
          refusal={refusal}
          {...QUIET}
        />
      )}
    </>
  );
}

export function SignIn({ notice, onSignedIn, onGuest }) {
  const form = useRef(null);
  const [withCode, setWithCode] = useState(false);
  const { busy, refusal, attempt } = useAttempt(onSignedIn);

  useEffect(() => {
    if (WANTS_CODE.includes(refusal?.code)) setWithCode(true);
    const field = refusal?.field && form.current.elements.namedItem(refusal.field);
    field?.focus();
    field?.select();
  }, [refusal, withCode]);

  function submit(event) {
    event.preventDefault();
    const { email, password, code } = Object.fromEntries(new FormData(event.currentTarget));
    attempt({ email: email.trim(), password, ...(code && { code: code.trim() }) });
  }

  return (
    <main className="centre">
      <form className="card" ref={form} onSubmit={submit} aria-labelledby="sign-in-title" aria-busy={busy}>
        <h1 id="sign-in-title">Sign in to the portal API</h1>
        {notice && !refusal && (
          <p className="notice" role="status">
            {notice}
          </p>
        )}
        <Fields refusal={refusal} withCode={withCode} />
        <p id="refusal" className="refusal" role="alert">
          {refusal?.words}
        </p>
        <button type="submit" className="primary">
          {busy ? "Signing in…" : "Sign in"}
        </button>
        <p className="links">
          <a href="forgot-password">Forgot your password?</a>
          <a href="register">Register</a>
        </p>
        <button type="button" className="link" onClick={onGuest}>
          Explore without signing in
        </button>
      </form>
    </main>
  );
}
