// The page as a whole: finds out who is signed in, then shows the sign-in form or the workbench with a bar above it.

import { Suspense, lazy, useCallback, useEffect, useRef, useState } from "react";

import { askViewer, signOut } from "./api.js";
import { Bar } from "./bar.jsx";
import { Notice, Guard, Waiting } from "./notices.jsx";
import { SignIn } from "./sign-in.jsx";

const Workbench = lazy(() => import("./workbench.jsx"));

const NO_COOKIE = "You gave the right credentials, but this browser did not keep the session's cookie. Allow cookies for this site.";
const ENDED = "Your session has ended. Sign in again: your tabs are kept.";

/** The page's state and what can change it. */
function useVisit() {
  const [visit, setVisit] = useState({ phase: "checking" });

  const check = useCallback(async (noticeIfNobody) => {
    try {
      const viewer = await askViewer();
      setVisit(viewer ? { phase: "signed-in", viewer } : { phase: "signed-out", notice: noticeIfNobody });
    } catch (error) {
      setVisit({ phase: "unreachable", reason: error.message });
    }
  }, []);

  const leave = useCallback(async () => {
    try {
      await signOut();
      setVisit({ phase: "signed-out", notice: "You are signed out." });
    } catch (error) {
      setVisit((now) => ({ ...now, problem: `You are still signed in. ${error.message}` }));
    }
  }, []);

  useEffect(() => {
    check();
  }, [check]);

  return { visit, setVisit, check, leave };
}

function titleOf(visit) {
  if (visit.phase === "signed-in") return `${visit.viewer.login ?? visit.viewer.role.title} · GraphiQL`;
  return visit.phase === "signed-out" ? "Sign in · GraphiQL" : "GraphiQL";
}

/** The workbench of one login, or of nobody. It starts anew with every other login. */
function Desk({ viewer, viewAs, onNobody }) {
  const owner = viewer?.id ?? "guest";
  const main = useRef(null);

  useEffect(() => {
    main.current.focus();
  }, [owner]);

  return (
    <main className="page-main" aria-label="GraphiQL" tabIndex={-1} ref={main}>
      <Guard>
        <Suspense fallback={<Waiting text="Loading GraphiQL…" />}>
          <Workbench key={owner} owner={owner} viewAs={viewAs} onNobody={viewer ? onNobody : undefined} />
        </Suspense>
      </Guard>
    </main>
  );
}

/** The bar and the workbench of one visit; whoever comes next begins as themselves. */
function Room({ visit, onSignOut, onSignIn, onNobody }) {
  const [viewAs, setViewAs] = useState("");
  return (
    <div className="page">
      <Bar
        viewer={visit.viewer}
        viewAs={viewAs}
        problem={visit.problem}
        onViewAs={setViewAs}
        onSignOut={onSignOut}
        onSignIn={onSignIn}
      />
      <Desk viewer={visit.viewer} viewAs={viewAs} onNobody={onNobody} />
    </div>
  );
}

export function Page() {
  const { visit, setVisit, check, leave } = useVisit();

  useEffect(() => {
    document.title = titleOf(visit);
  }, [visit]);

  if (visit.phase === "checking") return <Waiting text="Asking who is signed in…" />;
  if (visit.phase === "unreachable") {
    return (
      <Notice title="The API cannot be reached" action="Try again" onAction={() => check()}>
        {visit.reason}
      </Notice>
    );
  }
  if (visit.phase === "signed-out") {
    return (
      <SignIn
        notice={visit.notice}
        onSignedIn={() => check(NO_COOKIE)}
        onGuest={() => setVisit({ phase: "guest", viewer: null })}
      />
    );
  }
  return (
    <Room
      key={visit.viewer?.id ?? "guest"}
      visit={visit}
      onSignOut={leave}
      onSignIn={() => setVisit({ phase: "signed-out" })}
      onNobody={() => check(ENDED)}
    />
  );
}
