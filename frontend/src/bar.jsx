// The bar above the workbench: who is signed in, with which role, for which account.

import { useState } from "react";

function Person({ viewer }) {
  const { login, role, account } = viewer;
  return (
    <div className="bar-person" role="group" aria-label="Signed in as">
      <span className="bar-login">{login ?? viewer.credential}</span>
      <span className="bar-role">{role.title}</span>
      <span className="bar-account">
        Account {account.number}
        {account.state === "LOCKED" && <strong> (locked)</strong>}
      </span>
    </div>
  );
}

export function Bar({ viewer, problem, onSignOut, onSignIn }) {
  const [leaving, setLeaving] = useState(false);

  async function leave() {
    setLeaving(true);
    await onSignOut();
    setLeaving(false);
  }

  return (
    <header className="bar">
      <p className="bar-title">Subscription portal API</p>
      {viewer ? <Person viewer={viewer} /> : <p className="bar-person">Not signed in: only public fields answer</p>}
      {problem && (
        <p className="bar-problem" role="alert">
          {problem}
        </p>
      )}
      {viewer ? (
        <button type="button" onClick={leave} aria-busy={leaving}>
          Sign out
        </button>
      ) : (
        <button type="button" onClick={onSignIn}>
          Sign in
        </button>
      )}
    </header>
  );
}
