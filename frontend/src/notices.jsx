// What stands in the page's place while there is nothing to show, or when something is wrong.

import { Component } from "react";

export function Waiting({ text }) {
  return (
    <p className="waiting" role="status">
      {text}
    </p>
  );
}

export function Notice({ title, action, onAction, children }) {
  return (
    <main className="centre">
      <section className="card" role="alert">
        <h1>{title}</h1>
        <p>{children}</p>
        <button type="button" className="primary" onClick={onAction} autoFocus>
          {action}
        </button>
      </section>
    </main>
  );
}

/** Shows what went wrong below it, such as an asset that is missing, where React would leave a blank page. */
export class Guard extends Component {
  state = { failure: null };

  static getDerivedStateFromError(failure) {
    return { failure };
  }

  render() {
    if (!this.state.failure) return this.props.children;
    return (
      <section className="card" role="alert">
        <h1>GraphiQL cannot be shown</h1>
        <p>
          {this.state.failure.message} If the gateway was updated a moment ago, load the page again; otherwise build it
          anew with <code>make page</code>.
        </p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Load again
        </button>
      </section>
    );
  }
}
